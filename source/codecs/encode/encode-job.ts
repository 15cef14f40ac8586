import { BufferPool } from '../../core/buffer-pool.js';
import { joined, writeU16, writeU32 } from '../../core/bytes.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING, TIGHT } from '../../protocols/rfb/constants.js';
import type { JpegLibrary, JpegQuality } from '../jpeg/jpeg-library.js';
import type { WirePixels } from './wire-pixels.js';

/** Encoding settings; the same for all rectangles of a profile. */
export interface EncodeSettings {
  readonly pixels: WirePixels;
  /** Deflate level, 0-9. */
  readonly level: number;
  /** Null: lossless. */
  readonly jpeg: JpegQuality | null;
  /** Writes the drawings of the one viewer that the rectangle is for; none: it is for any number of them. */
  readonly echo?: DrawingWriter | undefined;
}

/** Below this many pixels encoding on this thread is faster than on another one. */
export const MIN_POOLED = 8192;

/** A rectangle to be encoded from the current contents of a framebuffer. */
export interface EncodeJob extends EncodeSettings {
  readonly framebuffer: Framebuffer;
  readonly rectangle: Rectangle;
  /** Whether the compressors may use the thread pool; small jobs are faster without. */
  readonly pooled: boolean;
}

/** The upper part of a rectangle, as a drawing. */
export interface Drawing {
  /** In parts, valid until the scratch memory is reused. */
  readonly data: readonly Uint8Array[];
  /** Rows; fewer than the rectangle has if those below take fewer bytes otherwise. */
  readonly height: number;
}

/** Writes the drawings of one viewer, which build on each other. */
export interface DrawingWriter {
  /**
   * Leaves the palette and the indices in the scratch memory as they are.
   * @param colours of the rectangle; 0: too many for a palette
   * @param bits that a pixel takes otherwise, at most
   * @returns null: it is no drawing
   */
  encode(job: EncodeJob, scratch: EncodeScratch, colours: number, bits: number): Drawing | null;
}

/** One rectangle on the wire. */
export interface EncodedPart {
  /** The name shown in the viewer table. */
  readonly encoding: string;
  readonly rectangle: Rectangle;
  readonly lossy: boolean;
  /** Length in bytes, header included. */
  readonly length: number;
}

/** An encoded rectangle of the picture, headers included: one buffer for all viewers with the same profile. */
export interface EncodedRectangle {
  readonly rectangle: Rectangle;
  /** Mostly one; several if parts of the rectangle are best encoded in different ways. Together they cover it. */
  readonly parts: readonly EncodedPart[];
  readonly bytes: Uint8Array;
  /** The pooled buffer that holds the bytes; null if they are in memory of their own. */
  readonly buffer: RefCountedBuffer | null;
  /**
   * The encoding's name, if it has one zlib stream per connection: `bytes` ends with a raw deflate block that fits into
   * any such stream. The first one on a connection must be sent through `withStreamHeader`.
   */
  readonly stream: string | null;
}

/** Whether the result is available at once. */
export function isDone<Result extends EncodedRectangle>(result: Result | Promise<Result>): result is Result {
  return !(result instanceof Promise);
}

/** An encoded rectangle of one part. */
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
 * Encodes a rectangle. The framebuffer is read before the encoder returns, or held until another thread has read it; in
 * that case the result is a promise.
 */
export type Encoder = (job: EncodeJob, scratch: EncodeScratch) => EncodedRectangle | Promise<EncodedRectangle>;

/** Compresses data that are too long for the kernel. */
export interface Deflater {
  /**
   * A raw deflate block (RFC 1951) without history that ends in a sync flush.
   * @param level 0-9
   */
  deflateNow(data: Uint8Array, level: number): Uint8Array;
  /** The same on another thread; `data` may change as soon as this returns. */
  deflate(data: Uint8Array, level: number): Promise<Uint8Array>;
}

/** The compressors besides the kernels; each platform has its own. */
export interface Compressors {
  readonly deflater: Deflater;
  /** Null if there is none. */
  readonly jpeg: JpegLibrary | null;
}

/** The kernels' colour table. */
const TABLE_BYTES = 8192;
const PALETTE_BYTES = 1024;
/** SIMD stores may reach this many bytes beyond the last pixel. */
const SLACK_BYTES = 64;
/** The initial size in pixels. */
const INITIAL_PIXELS = 384 * 96;
/** Bytes of unused result buffers to keep. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** What the kernel found in the blocks of a rectangle. */
export interface JudgedBlocks {
  readonly columns: number;
  readonly rows: number;
  /** The number of photographic blocks. */
  readonly found: number;
  /** For each block, and the change of its chroma, as the kernel photographicBlocks writes them. */
  readonly kinds: Uint8Array;
  readonly chroma: Uint16Array;
}

/**
 * The encoders' scratch memory, as large as the largest rectangle so far. Encoders use it one at a time; the encode
 * cache has one for all viewers of a share. Pointers into the kernels' memory are valid until the next `reserve`.
 */
export class EncodeScratch {
  readonly compressors: Compressors;
  /** The kernels' colour table. */
  readonly table: number;
  /** 256 colours, BGRX. */
  readonly palette: number;
  /** Buffers for results; they return here when their last user releases them. */
  readonly spare = new BufferPool(KEPT_BYTES);
  /** Rectangles whose blocks were judged with those of others (`judgeTogether`); their pixels are still the same. */
  readonly judged = new Map<Rectangle, JudgedBlocks>();
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

  /** One byte per pixel. */
  get indices(): number {
    return this.#block;
  }

  /** Four bytes per pixel, and slack. */
  get wide(): number {
    return this.#block + this.#pixels + SLACK_BYTES;
  }

  /** Five bytes per pixel, and slack: data about to be compressed or sent. */
  get packed(): number {
    return this.#block + this.#pixels * 5 + SLACK_BYTES * 2;
  }

  /**
   * The next of a Tight decoder's four streams. Each rectangle resets its stream, so a multi-threaded viewer can
   * inflate four rectangles at once.
   */
  nextTightStream(): number {
    const stream = this.#tightStream;
    this.#tightStream = (stream + 1) % TIGHT.streams;
    return stream;
  }

  /** Makes room for a rectangle with this many pixels. */
  reserve(pixels: number): void {
    if (pixels <= this.#pixels) return;
    this.#freeBlock();
    // Multiples of 64 keep the three areas aligned.
    const room = Math.ceil(pixels / 64) * 64;
    this.#block = this.#memory.allocate(room * 10 + SLACK_BYTES * 3);
    this.#pixels = room;
  }

  free(): void {
    this.#memory.free(this.table);
    this.#memory.free(this.palette);
    this.#freeBlock();
  }

  #freeBlock(): void {
    if (this.#block !== 0) this.#memory.free(this.#block);
    this.#block = 0;
    this.#pixels = 0;
  }
}

/** The header of a zlib stream: 32 KiB window, and a check value. No reader uses its level hint. */
export const ZLIB_HEADER = Uint8Array.of(0x78, 0x01);

/**
 * Data as short as a typed letter are compressed by a kernel: zlib takes ten times as long to set up a stream for so
 * little, and at the levels used on fast links it finds fewer matches, so its output is larger.
 */
const SHORT_BYTES = 1024;
/** The kernel's match attempts up to the level chosen for a fast link, and above it. */
const MAX_QUICK_LEVEL = 5;
const QUICK_TRIES = 24;
const ALL_TRIES = 256;

/**
 * Compresses into a raw deflate block without history that ends in a sync flush. Such blocks form one valid stream in
 * whatever order they are joined, and none of them ends it (a finished stream makes gtk-vnc disconnect).
 * @param data in the pixel memory, but not in `scratch.wide`; may change as soon as this returns
 * @returns the block, at once unless pooled. The block of short data is always returned at once and lies in
 *   `scratch.wide`: copy it before that is reused
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

/** Shorter buffers are not worth pooling: V8 allocates them quickly. */
const MIN_POOLED_BYTES = 16 * 1024;

/**
 * Counts the users of a pooled buffer: its creator, and everybody who called `retain`. Each calls `release` once. A
 * buffer that is never released is left to the garbage collector. Without pooling, a film's 30 MB a second made the
 * collector mark the whole heap twice a second, 40 ms on other threads each time.
 */
export class RefCountedBuffer {
  readonly #buffer: Uint8Array;
  readonly #spare: BufferPool;
  #users = 1;

  /** @param spare the pool that the buffer returns to */
  constructor(buffer: Uint8Array, spare: BufferPool) {
    this.#buffer = buffer;
    this.#spare = spare;
  }

  retain(): void {
    this.#users++;
  }

  /** The caller, and anybody it passed the bytes to, no longer uses them. */
  release(): void {
    this.#users--;
    if (this.#users === 0) this.#spare.release(this.#buffer);
  }
}

/** Bytes of this length with arbitrary contents, and their pooled buffer; null if they are too short for the pool. */
export function takeBuffer(length: number, spare: BufferPool): { bytes: Uint8Array; buffer: RefCountedBuffer | null } {
  if (length < MIN_POOLED_BYTES) return { bytes: new Uint8Array(length), buffer: null };
  const buffer = spare.take(length);
  return { bytes: buffer.subarray(0, length), buffer: new RefCountedBuffer(buffer, spare) };
}

/** Releases the buffer of each rectangle once. */
export function releaseBuffers(rectangles: Iterable<{ readonly buffer: RefCountedBuffer | null }>): void {
  for (const { buffer } of rectangles) buffer?.release();
}

/** The header of a rectangle: x, y, width, height (16 bits each) and the encoding number. */
const HEADER_BYTES = 12;

/** A rectangle in wire format: its header and a copy of the parts, in a buffer of exactly that size. */
export function rectangleBytes(rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(parts));
  write(bytes, rectangle, encoding, parts);
  return bytes;
}

/** A rectangle whose data are not compressed. */
export function uncompressed(
  name: 'raw' | 'hextile' | 'trle',
  rectangle: Rectangle,
  data: Uint8Array,
): EncodedRectangle {
  return inOnePart(name, rectangle, rectangleBytes(rectangle, ENCODING[name], [data]));
}

/** As `rectangleBytes`, in a pooled buffer if it is long enough. */
export function pooledRectangleBytes(
  rectangle: Rectangle,
  encoding: number,
  parts: readonly Uint8Array[],
  spare: BufferPool,
): ReturnType<typeof takeBuffer> {
  const pooled = takeBuffer(lengthOf(parts), spare);
  write(pooled.bytes, rectangle, encoding, parts);
  return pooled;
}

// Both run for each letter, by indices, because iterating allocates.

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = HEADER_BYTES;
  for (let i = 0; i < parts.length; i++) length += parts[i]!.length;
  return length;
}

/** Writes every byte, so that no old contents of a reused buffer leak. */
function write(bytes: Uint8Array, rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): void {
  writeU16(bytes, 0, rectangle.x);
  writeU16(bytes, 2, rectangle.y);
  writeU16(bytes, 4, rectangle.width);
  writeU16(bytes, 6, rectangle.height);
  writeU32(bytes, 8, encoding);
  let offset = HEADER_BYTES;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    bytes.set(part, offset);
    offset += part.length;
  }
}

/** The deflate block's offset, after the rectangle's header and the block's length. */
const BLOCK_OFFSET = 16;

/**
 * A rectangle of an encoding with one zlib stream per connection (zlib, ZRLE). Each block is compressed without history
 * and ends in a sync flush, so it fits anywhere into any connection's stream.
 * @param data uncompressed, as for deflateBlock
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

/** The rectangle's bytes as the first of its stream on a connection, with the zlib header. */
export function withStreamHeader({ bytes }: EncodedRectangle): Uint8Array {
  const first = joined([bytes.subarray(0, BLOCK_OFFSET), ZLIB_HEADER, bytes.subarray(BLOCK_OFFSET)]);
  writeU32(first, BLOCK_OFFSET - 4, bytes.length - BLOCK_OFFSET + ZLIB_HEADER.length);
  return first;
}
