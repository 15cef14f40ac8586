import type { JpegQuality } from '../codecs/encode/encode-job.js';
import type { Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import { loadBindingJpeg } from './jpeg-binding.js';
import { loadNativeJpeg } from './jpeg-native.js';
import { nativeMode } from './native-mode.js';

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

let library: JpegLibrary | null | undefined;

/**
 * libjpeg-turbo, loaded when first needed, or null where it has no build for this machine. Called directly where it is a
 * library of its own, since then it reads and writes the framebuffer where it lies; else through its package, as in the
 * mode `safe`. In the mode `off` there is none: JPEG is neither sent nor asked for.
 */
export function jpegLibrary(): JpegLibrary | null {
  if (library === undefined) library = (nativeMode() === 'on' ? loadNativeJpeg() : null) ?? loadBindingJpeg();
  return library;
}
