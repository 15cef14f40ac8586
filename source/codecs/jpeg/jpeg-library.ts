import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';

/** How JPEG is asked for. */
export interface JpegQuality {
  /** 1-100, as libjpeg counts. */
  readonly quality: number;
  readonly subsampling: Subsampling;
  /** Whether it was asked for by itself; else an encoder may choose what shows as much. */
  readonly subsamplingRequested?: boolean;
}

/** Chroma samples: one for each pixel, for 2x1, for 2x2, or none. */
export type Subsampling = '4:4:4' | '4:2:2' | '4:2:0' | 'grey';

/** JPEG to and from rectangles of a framebuffer. */
export interface JpegLibrary {
  /** How it is reached, for measurements. */
  readonly name: string;
  /**
   * Compresses a rectangle.
   * @param pooled true: on another thread, while the framebuffer is held; false: before this returns
   * @param use gets the JPEG, which is gone when it returns
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
   * @param pooled true: on another thread, while the framebuffer is held; false: before this returns
   * @throws (or rejects with) Error for a JPEG that is damaged
   */
  decompress(
    data: Uint8Array,
    rectangle: Rectangle,
    framebuffer: Framebuffer,
    pooled: boolean,
  ): undefined | Promise<void>;
}
