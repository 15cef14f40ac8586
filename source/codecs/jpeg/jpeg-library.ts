import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';

/** The requested JPEG quality. */
export interface JpegQuality {
  /** 1-100, on libjpeg's scale. */
  readonly quality: number;
  readonly subsampling: Subsampling;
  /** Whether the subsampling was requested explicitly; otherwise an encoder may choose one of equal visual quality. */
  readonly subsamplingRequested?: boolean;
}

/** Chroma samples: one for each pixel, for 2x1, for 2x2, or none. */
export type Subsampling = '4:4:4' | '4:2:2' | '4:2:0' | 'grey';

/** JPEG to and from rectangles of a framebuffer. */
export interface JpegLibrary {
  /** The name of the implementation, for measurements. */
  readonly name: string;
  /**
   * Compresses a rectangle.
   * @param pooled true: on another thread, holding the framebuffer meanwhile; false: before this returns
   * @param use receives the JPEG, which is invalid once it returns
   */
  compress<Result>(
    framebuffer: Framebuffer,
    rectangle: Rectangle,
    jpeg: JpegQuality,
    pooled: boolean,
    use: (jpeg: Uint8Array) => Result,
  ): Result | Promise<Result>;
  /**
   * Paints a rectangle from a JPEG of exactly its size.
   * @param data may change after the call
   * @param pooled true: on another thread, holding the framebuffer meanwhile; false: before this returns
   * @throws (or rejects with) Error for a damaged JPEG
   */
  decompress(
    data: Uint8Array,
    rectangle: Rectangle,
    framebuffer: Framebuffer,
    pooled: boolean,
  ): undefined | Promise<void>;
}
