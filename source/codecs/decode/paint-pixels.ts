import type { Rectangle } from '../../core/rectangle.js';
import type { DecodeTarget } from './rectangle-decoder.js';
import type { ColourCode } from './wire-colours.js';

/** Paints a rectangle from exactly as many PIXELs as it has pixels. */
export function paintPixels(pixels: Uint8Array, rectangle: Rectangle, target: DecodeTarget): void {
  const { framebuffer, colours } = target;
  if (colours.native) paintBgrx(pixels, rectangle, framebuffer);
  else paintColours(pixels, colours.pixel, rectangle, target);
}

/** Paints a rectangle from exactly as many colours as it has pixels, in any of the layouts. */
export function paintColours(
  bytes: Uint8Array,
  { size, layout, table }: ColourCode,
  { x, y, width, height }: Rectangle,
  { framebuffer, scratch }: DecodeTarget,
): void {
  const { kernels } = framebuffer.memory;
  kernels.wireToBgrx(
    ...([scratch.load(bytes), width * size, framebuffer.at(x, y), framebuffer.stride] as const),
    ...([width, height, size, layout, table] as const),
  );
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
