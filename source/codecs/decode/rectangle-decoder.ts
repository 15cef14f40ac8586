import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { WireColours } from './wire-colours.js';

/** Where rectangles are decoded to. */
export interface DecodeTarget {
  readonly framebuffer: Framebuffer;
  readonly colours: WireColours;
  readonly scratch: Scratch;
}

/**
 * `more`: bytes are missing; call again with the same rectangle when some have come. `yield`: a part is done; call again
 * with the same rectangle, which lets others have their turn before. `done`: the pixels are there. A
 * promise: all bytes have been read and the pixels come later, on another thread; nothing may touch the rectangle before.
 */
export type Decoded = 'more' | 'yield' | 'done' | Promise<void>;

/** One encoding's decoder, one object a connection (some keep inflate streams from rectangle to rectangle). */
export interface RectangleDecoder {
  /** What the last rectangle was, where an encoding is of several kinds; otherwise it is named after its encoding. */
  readonly kind?: string;
  /**
   * Decodes the rectangle, as far as the reader holds its bytes. It lies inside the framebuffer, or has no pixel: some
   * servers send such a one for no change at all, with the bytes that its encoding has for it.
   * @throws PeerglassError E_RFB_DECODE; the connection is of no use afterwards
   */
  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded;
  /** Gives memory of the kernels back. */
  free?(): void;
}

/** The longest block that is waited for whole; the connection's reader must hold it. Others are decoded as they come. */
export const MAX_BLOCK = 128 * 1024 * 1024;

/** How long `length` bytes may be when compressed: what deflate adds at worst, and room for splices and flushes. */
export function maxCompressed(length: number): number {
  return length + (length >> 3) + 4096;
}

/** What to do about a server that sends what cannot be read. */
export const REPORT_SERVER = 'If it happens again, report it with the name and version of the VNC server.';

export function undecodable(encoding: string, what: string): PeerglassError {
  return new PeerglassError('E_RFB_DECODE', `The sharer sent a ${encoding} rectangle ${what}.`, REPORT_SERVER);
}

/** Kernels may read this far past the end of what they were given. */
const OVERREAD = 16;

/** A block of the kernels' memory that grows to the largest size asked for and is used again and again. */
export class Scratch {
  readonly #memory: PixelMemory;
  #pointer = 0;
  #length = 0;

  constructor(memory: PixelMemory) {
    this.#memory = memory;
  }

  /** A pointer to at least `length` bytes, valid until the next call. What was in them is lost. */
  reserve(length: number): number {
    if (length + OVERREAD > this.#length) {
      this.free();
      this.#length = Math.max(length + OVERREAD, 65_536);
      this.#pointer = this.#memory.allocate(this.#length);
    }
    return this.#pointer;
  }

  /** Copies the bytes in. @returns the pointer, valid until the next call */
  load(bytes: Uint8Array): number {
    const pointer = this.reserve(bytes.length);
    this.#memory.bytes(pointer, bytes.length).set(bytes);
    return pointer;
  }

  free(): void {
    if (this.#pointer !== 0) this.#memory.free(this.#pointer);
    this.#pointer = 0;
    this.#length = 0;
  }
}
