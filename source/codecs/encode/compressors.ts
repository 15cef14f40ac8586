import type { JpegLibrary } from '../jpeg/jpeg-library.js';

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
