import { joined, writeU16, writeU32 } from '../../core/bytes.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { TIGHT } from '../../protocols/rfb/constants.js';
import type { JpegLibrary, JpegQuality } from '../jpeg/jpeg-library.js';
import { BufferPool } from './buffer-pool.js';
import type { WirePixels } from './wire-pixels.js';

/** How pixels are to be encoded; the same for all rectangles of a profile. */
export interface EncodeSettings {
  readonly pixels: WirePixels;
  /** Deflate level, 0-9. */
  readonly level: number;
  /** Null: nothing may be lost. */
  readonly jpeg: JpegQuality | null;
}

/** Pixels below which a rectangle is encoded faster at once than on another thread. */
export const MIN_POOLED = 8192;

/** One rectangle to be encoded from a framebuffer's present content. */
export interface EncodeJob extends EncodeSettings {
  readonly framebuffer: Framebuffer;
  readonly rectangle: Rectangle;
  /** Whether the compressors may run on the thread pool; small jobs are faster at once. */
  readonly pooled: boolean;
}

/** One rectangle of the wire. */
export interface EncodedPart {
  /** By the name that the viewer table shows. */
  readonly encoding: string;
  readonly rectangle: Rectangle;
  readonly lossy: boolean;
  /** Bytes of it, header included. */
  readonly length: number;
}

/** A rectangle of the picture as it goes to the wire, headers included: one buffer for every viewer that can use it. */
export interface EncodedRectangle {
  readonly rectangle: Rectangle;
  /** Mostly one; several where parts of the rectangle are best encoded in different ways. Together they are all of it. */
  readonly parts: readonly EncodedPart[];
  readonly bytes: Uint8Array;
  /** What the bytes are on buffer from; null when they are the rectangle's own. */
  readonly buffer: RefCountedBuffer | null;
  /**
   * The encoding's name where it has one zlib stream a connection: `bytes` ends with a raw deflate block that fits into any such
   * stream, and the first one on a connection must be sent through `withStreamHeader`.
   */
  readonly stream: string | null;
}

/** Whether a result is there at once. */
export function isDone<Result extends EncodedRectangle>(result: Result | Promise<Result>): result is Result {
  return !(result instanceof Promise);
}

/** A rectangle that goes out in one part. */
export function inOnePart(
  encoding: string,
  rectangle: Rectangle,
  bytes: Uint8Array,
  {
    stream = null,
    lossy = false,
    buffer = null,
  }: {
    readonly stream?: EncodedRectangle['stream'];
    readonly lossy?: boolean;
    readonly buffer?: EncodedRectangle['buffer'];
  } = {},
): EncodedRectangle {
  return { rectangle, parts: [{ encoding, rectangle, lossy, length: bytes.length }], bytes, buffer, stream };
}

/**
 * An encoder reads the framebuffer before it returns, or holds it for as long as it is read on another thread; what it
 * returns may still be on its way from there.
 */
export type Encoder = (job: EncodeJob, scratch: EncodeScratch) => EncodedRectangle | Promise<EncodedRectangle>;

/** Compresses what is too long for a kernel. */
export interface Deflater {
  /** A raw deflate block (RFC 1951) without history that ends in a sync flush. @param level 0-9 */
  deflateNow(data: Uint8Array, level: number): Uint8Array;
  /** The same on another thread; `data` may change as soon as this returns. */
  deflate(data: Uint8Array, level: number): Promise<Uint8Array>;
}

/** What encoders compress with besides the kernels: each platform has its own. */
export interface Compressors {
  readonly deflater: Deflater;
  /** Null where there is none. */
  readonly jpeg: JpegLibrary | null;
}

/** Bytes of the kernels' table of colours. */
const TABLE_BYTES = 8192;
const PALETTE_BYTES = 1024;
/** SIMD stores may reach this far beyond the last pixel. */
const SLACK_BYTES = 64;
/** Pixels to begin with: those of a canonical cell. */
const INITIAL_PIXELS = 384 * 96;
/** Bytes of spare buffers for results. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * What encoders work with, one after the other: one a share, as large as the largest rectangle so far. Its pointers into the
 * kernels' memory are valid until the next `reserve`.
 */
export class EncodeScratch {
  readonly compressors: Compressors;
  /** For the table of colours. */
  readonly table: number;
  /** 256 colours, BGRX. */
  readonly palette: number;
  /** Buffers for results, which come back when nobody uses those any more. */
  readonly spare = new BufferPool(KEPT_BYTES);
  readonly #memory: PixelMemory;
  #pixels = 0;
  #block = 0;
  #tightStream = 0;

  constructor(memory: PixelMemory, compressors: Compressors) {
    this.compressors = compressors;
    this.#memory = memory;
    this.table = memory.allocate(TABLE_BYTES);
    this.palette = memory.allocate(PALETTE_BYTES + SLACK_BYTES);
    this.reserve(INITIAL_PIXELS);
  }

  /** A byte for each pixel. */
  get indices(): number {
    return this.#block;
  }

  /** Four bytes for each pixel, and some. */
  get wide(): number {
    return this.#block + this.#pixels + SLACK_BYTES;
  }

  /** Five bytes for each pixel, and some: what is about to be compressed or sent. */
  get packed(): number {
    return this.#block + this.#pixels * 5 + SLACK_BYTES * 2;
  }

  /** The next of a Tight decoder's four streams. Each rectangle resets its own, so viewers with threads inflate four at once. */
  nextTightStream(): number {
    const stream = this.#tightStream;
    this.#tightStream = (stream + 1) % TIGHT.streams;
    return stream;
  }

  /** Makes room for a rectangle of so many pixels. */
  reserve(pixels: number): void {
    if (pixels <= this.#pixels) return;
    if (this.#block !== 0) this.#memory.free(this.#block);
    // Multiples of 64 keep the three parts aligned.
    this.#pixels = Math.ceil(pixels / 64) * 64;
    this.#block = this.#memory.allocate(this.#pixels * 10 + SLACK_BYTES * 3);
  }

  free(): void {
    this.#memory.free(this.table);
    this.#memory.free(this.palette);
    this.#memory.free(this.#block);
  }
}

/**
 * What opens a zlib stream: 32 KiB window, and a check value. The level that it could hint at is not looked at by anybody.
 */
export const ZLIB_HEADER = Uint8Array.of(0x78, 0x01);

/**
 * What is this short, a letter for one, is compressed by a kernel: zlib takes ten times as long to set up a stream for so
 * little, and at the levels of a fast link finds fewer matches, so that there are more bytes in the end.
 */
const SHORT_BYTES = 1024;
/** How hard that is tried, up to the level that a link with room to spare is given, and above it. */
const MAX_QUICK_LEVEL = 5;
const QUICK_TRIES = 24;
const ALL_TRIES = 256;

/**
 * Compresses into a raw deflate block without history that ends in a sync flush: such blocks make one valid stream in
 * whatever order they are joined, and none of them ends it (a finished stream makes gtk-vnc hang up).
 * @param data in the pixel memory, but not in `scratch.wide`; it may change as soon as this returns
 * @returns at once what is short, or not pooled; what is short lies in `scratch.wide` and is to be copied before that is used again
 */
export function deflateBlock(
  { framebuffer, level, pooled }: EncodeJob,
  data: Uint8Array,
  scratch: EncodeScratch,
): Uint8Array | Promise<Uint8Array> {
  if (level > 0 && data.length <= SHORT_BYTES) {
    const { memory } = framebuffer;
    const to = scratch.wide + SHORT_BYTES * 7;
    const tries = level <= MAX_QUICK_LEVEL ? QUICK_TRIES : ALL_TRIES;
    return memory.bytes(to, memory.kernels.deflateShort(data.byteOffset, data.length, tries, scratch.wide, to));
  }
  const { deflater } = scratch.compressors;
  return pooled ? deflater.deflate(data, level) : deflater.deflateNow(data, level);
}

/** Shorter ones are as well made anew: V8 has room for them at once. */
const MIN_POOLED_BYTES = 16 * 1024;

/**
 * Who uses a buffer that is to be used again: whoever made it, until `release`, and whoever was told so by `retain`, each until an
 * `release` of its own. One that is never ended goes to the collector. Without this a film's 30 MB a second had the collector
 * mark everything twice a second, 40 ms on other threads each time.
 */
export class RefCountedBuffer {
  readonly #buffer: Uint8Array;
  readonly #spare: BufferPool;
  #users = 1;

  /** @param spare where the buffer goes when nobody uses it any more */
  constructor(buffer: Uint8Array, spare: BufferPool) {
    this.#buffer = buffer;
    this.#spare = spare;
  }

  retain(): void {
    this.#users++;
  }

  /** The caller neither reads the bytes any more nor has anybody who does. */
  release(): void {
    this.#users--;
    if (this.#users === 0) this.#spare.release(this.#buffer);
  }
}

/** Bytes of that length, with anything in them, and the buffer that they are on, if they are. */
export function takeBuffer(length: number, spare: BufferPool): { bytes: Uint8Array; buffer: RefCountedBuffer | null } {
  if (length < MIN_POOLED_BYTES) return { bytes: new Uint8Array(length), buffer: null };
  const buffer = spare.take(length);
  return { bytes: buffer.subarray(0, length), buffer: new RefCountedBuffer(buffer, spare) };
}

/** Ends one share of what each of them is on. */
export function releaseBuffers(rectangles: Iterable<{ readonly buffer: RefCountedBuffer | null }>): void {
  for (const { buffer } of rectangles) buffer?.release();
}

/** A rectangle's header: x, y, width, height (16 bits each) and the encoding's number. */
const HEADER_BYTES = 12;

/** A rectangle as it goes to the wire: its header and a copy of the parts, in a buffer of exactly that size. */
export function rectangleBytes(rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(parts));
  write(bytes, rectangle, encoding, parts);
  return bytes;
}

/** As `rectangleBytes`, on buffer where that pays. */
export function pooledRectangleBytes(
  rectangle: Rectangle,
  encoding: number,
  parts: readonly Uint8Array[],
  spare: BufferPool,
): ReturnType<typeof takeBuffer> {
  const lent = takeBuffer(lengthOf(parts), spare);
  write(lent.bytes, rectangle, encoding, parts);
  return lent;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = HEADER_BYTES;
  for (const part of parts) length += part.length;
  return length;
}

/** Writes every byte, so that nothing of memory that is used again gets out. */
function write(bytes: Uint8Array, rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): void {
  writeU16(bytes, 0, rectangle.x);
  writeU16(bytes, 2, rectangle.y);
  writeU16(bytes, 4, rectangle.width);
  writeU16(bytes, 6, rectangle.height);
  writeU32(bytes, 8, encoding);
  let offset = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
}

/** Bytes before the block: the rectangle's header and the block's length. */
const BLOCK_OFFSET = 16;

/**
 * A rectangle of an encoding that has one zlib stream a connection (zlib, ZRLE). Each block is compressed without history
 * and ends in a sync flush, so it fits into any connection's stream at any place.
 * @param data uncompressed, as deflateBlock takes it
 */
export function encodeSpliced(
  job: EncodeJob,
  data: Uint8Array,
  scratch: EncodeScratch,
  encoding: number,
  stream: string,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { rectangle } = job;
  const finish = (block: Uint8Array): EncodedRectangle => {
    const length = new Uint8Array(4);
    writeU32(length, 0, block.length);
    const bytes = rectangleBytes(rectangle, encoding, [length, block]);
    return inOnePart(stream, rectangle, bytes, { stream });
  };
  const block = deflateBlock(job, data, scratch);
  return block instanceof Promise ? block.then(finish) : finish(block);
}

/** The same rectangle as the first of its stream on a connection: with what opens a zlib stream. */
export function withStreamHeader({ bytes }: EncodedRectangle): Uint8Array {
  const first = joined([bytes.subarray(0, BLOCK_OFFSET), ZLIB_HEADER, bytes.subarray(BLOCK_OFFSET)]);
  writeU32(first, BLOCK_OFFSET - 4, bytes.length - BLOCK_OFFSET + ZLIB_HEADER.length);
  return first;
}
