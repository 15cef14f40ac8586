import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { WireColours } from './wire-colours.js';

/** The destination of decoded rectangles. */
export interface DecodeTarget {
  readonly framebuffer: Framebuffer;
  readonly colours: WireColours;
  readonly scratch: Scratch;
}

/**
 * `more`: bytes are missing; call again with the same rectangle when more have arrived. `yield`: a part is done; call
 * again with the same rectangle, after other work had its turn. `done`: the pixels are painted. A promise: all bytes
 * have been read, and another thread is painting, or `finish` will; nothing may touch the rectangle until it resolves.
 * A late picture: all bytes have been read, and it is painted at the end of the update.
 */
export type Decoded = 'more' | 'yield' | 'done' | Promise<void> | LatePicture;

/**
 * A picture of a film, which lies under everything that comes after it in its update, wherever it is decoded: so no
 * pixel of what stands over it is ever another.
 */
export interface LatePicture {
  /** Resolves when it has been decoded; false: it cannot be. Never rejects. */
  readonly ready: Promise<boolean>;
  /** Paints parts of its rectangle. */
  paint(framebuffer: Framebuffer, parts: readonly Rectangle[]): void;
}

/** The decoder of one encoding, one object per connection: some keep inflate streams from rectangle to rectangle. */
export interface RectangleDecoder {
  /** The kind of the last rectangle, for an encoding with several kinds; otherwise the encoding's name applies. */
  readonly kind?: string;
  /**
   * Decodes as much of the rectangle as the reader holds. It lies inside the framebuffer, also when it has no pixels:
   * some servers send an empty rectangle for "no change", with the bytes that its encoding requires.
   * @throws PeerglassError E_RFB_DECODE; the connection is unusable afterwards
   */
  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded;
  /** Paints what was put off to be decoded together with more, for which `decode` has returned promises. */
  finish?(): void;
  /** Frees memory of the kernels. */
  free?(): void;
}

/**
 * The longest block that is buffered whole, so the connection's reader must be able to hold it. Other data are decoded
 * as they arrive.
 */
export const MAX_BLOCK = 128 * 1024 * 1024;

/** The maximum compressed length of `length` bytes: deflate's worst case, plus room for splices and flushes. */
export function maxCompressed(length: number): number {
  return length + (length >> 3) + 4096;
}

/** The advice for a server whose data cannot be decoded. */
export const REPORT_SERVER = 'If it happens again, report it with the name and version of the VNC server.';

export function undecodable(encoding: string, what: string): PeerglassError {
  const article = encoding === 'Echo' || encoding === 'RRE' ? 'an' : 'a';
  return new PeerglassError('E_RFB_DECODE', `The sharer sent ${article} ${encoding} rectangle ${what}.`, REPORT_SERVER);
}

/** Kernels may read this many bytes past the end of their input. */
const OVERREAD = 16;

/** A reusable block of the kernels' memory that grows to the largest size requested. */
export class Scratch {
  readonly #memory: PixelMemory;
  #pointer = 0;
  #length = 0;

  constructor(memory: PixelMemory) {
    this.#memory = memory;
  }

  /** A pointer to at least `length` bytes, valid until the next call. Their previous contents are lost. */
  reserve(length: number): number {
    if (length + OVERREAD > this.#length) {
      this.free();
      const room = Math.max(length + OVERREAD, 65_536);
      this.#pointer = this.#memory.allocate(room);
      this.#length = room;
    }
    return this.#pointer;
  }

  /**
   * Copies the bytes in, unless they are in the kernels' memory already, as inflated ones are.
   * @returns the pointer, valid until the next call
   */
  load(bytes: Uint8Array): number {
    if (bytes.buffer === this.#memory.memory.buffer) return bytes.byteOffset;
    const pointer = this.reserve(bytes.length);
    this.#memory.bytes(pointer, bytes.length).set(bytes);
    return pointer;
  }

  /** Bytes of the kernels' memory. */
  get bytes(): number {
    return this.#length;
  }

  /** Frees the block if it is larger than that. */
  trim(most: number): void {
    if (this.#length > most) this.free();
  }

  free(): void {
    if (this.#pointer !== 0) this.#memory.free(this.#pointer);
    this.#pointer = 0;
    this.#length = 0;
  }
}
