import type { Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from './framebuffer.js';

/** Writes a rectangle as packed RGB (`width * height * 3` bytes, rows from the top) to a pointer in the same memory. */
export function bgrxToRgb(framebuffer: Framebuffer, rectangle: Rectangle, target: number): void {
  const { x, y, width, height } = rectangle;
  framebuffer.memory.kernels.bgrxToRgb(framebuffer.at(x, y), framebuffer.stride, target, width * 3, width, height);
}
