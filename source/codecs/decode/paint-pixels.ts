import type { Rectangle } from '../../core/rectangle.js';
import type { DecodeTarget } from './rectangle-decoder.js';

/** Paints a rectangle from its PIXELs, exactly as many as it has. */
export function paintPixels(pixels: Uint8Array, rectangle: Rectangle, target: DecodeTarget): void {
  const { framebuffer, colours, scratch } = target;
  const { x, y, width, height } = rectangle;
  if (!colours.native) {
    const { size, layout, table } = colours.pixel;
    const source = scratch.load(pixels);
    const to = framebuffer.at(x, y);
    framebuffer.memory.kernels.wireToBgrx(
      source,
      width * size,
      to,
      framebuffer.stride,
      width,
      height,
      size,
      layout,
      table,
    );
    return;
  }
  paintBgrx(pixels, rectangle, framebuffer);
}

/** Paints a rectangle from packed BGRX rows. */
export function paintBgrx(pixels: Uint8Array, rectangle: Rectangle, framebuffer: DecodeTarget['framebuffer']): void {
  const { x, y, width, height } = rectangle;
  const bytes = framebuffer.bytes();
  const start = framebuffer.at(x, y) - framebuffer.pointer;
  if (width === framebuffer.width) {
    bytes.set(pixels.subarray(0, height * framebuffer.stride), start);
    return;
  }
  const rowBytes = width * 4;
  for (let row = 0; row < height; row++) {
    bytes.set(pixels.subarray(row * rowBytes, (row + 1) * rowBytes), start + row * framebuffer.stride);
  }
}
