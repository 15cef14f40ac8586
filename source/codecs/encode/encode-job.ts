import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';
import type { BufferPool } from './buffer-pool.js';
import type { Compressors } from './compressors.js';
import type { Loan } from './rectangle-bytes.js';
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
export const LEAST_POOLED = 8192;

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
  /** What the bytes are on loan from; null when they are the rectangle's own. */
  readonly loan: Loan | null;
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
    loan = null,
  }: {
    readonly stream?: EncodedRectangle['stream'];
    readonly lossy?: boolean;
    readonly loan?: EncodedRectangle['loan'];
  } = {},
): EncodedRectangle {
  return { rectangle, parts: [{ encoding, rectangle, lossy, length: bytes.length }], bytes, loan, stream };
}

/**
 * An encoder reads the framebuffer before it returns, or holds it for as long as it is read on another thread; what it
 * returns may still be on its way from there.
 */
export type Encoder = (job: EncodeJob, scratch: EncodeScratchSpace) => EncodedRectangle | Promise<EncodedRectangle>;

/** What encoders work with, one after the other: memory of the kernels, whose pointers are valid until the next `reserve`. */
export interface EncodeScratchSpace {
  readonly compressors: Compressors;
  /** Makes room for a rectangle of so many pixels. */
  reserve(pixels: number): void;
  /** For the table of colours. */
  readonly table: number;
  /** 256 colours, BGRX. */
  readonly palette: number;
  /** A byte for each pixel. */
  readonly indices: number;
  /** Four bytes for each pixel, and some. */
  readonly wide: number;
  /** Five bytes for each pixel, and some: what is about to be compressed or sent. */
  readonly packed: number;
  /** Buffers for results, which come back when nobody uses those any more. */
  readonly spare: BufferPool;
  /** The next of a Tight decoder's four streams. Each rectangle resets its own, so viewers with threads inflate four at once. */
  nextTightStream(): number;
}
