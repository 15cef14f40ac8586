import type { Size } from '../core/rectangle.js';

/** A picture in 4:2:0, in memory of the library's: valid until the next call. */
export interface NativePicture extends Size {
  /** Y, U and V. */
  readonly planes: readonly { readonly address: bigint; readonly stride: number }[];
}

/** One stream. Decodes at once, on the calling thread, and holds no picture back. */
export interface NativeVideoDecoder {
  /** @param data one access unit, in Annex B @throws Error, after which nothing more may be decoded */
  decode(data: Uint8Array): NativePicture;
  close(): void;
}

/** A library of the system that decodes H.264. */
export interface VideoDecoderLibrary {
  /** With its version, e.g. "libavcodec 59.37". */
  readonly name: string;
  /** @param size of the pictures in whole macroblocks; others are refused */
  open(size: Size): NativeVideoDecoder;
}
