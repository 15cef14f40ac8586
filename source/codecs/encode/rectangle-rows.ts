import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelRows } from './wire-pixels.js';

/** A rectangle of a framebuffer as the kernels take it. */
export function rowsOf(framebuffer: Framebuffer, { x, y, width, height }: Rectangle): PixelRows {
  return { pointer: framebuffer.at(x, y), stride: framebuffer.stride, width, height };
}
