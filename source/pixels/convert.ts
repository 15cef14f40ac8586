import type { PixelFormat } from '../core/pixel-format.js';
import type { Rectangle } from '../core/rectangle.js';
import type { Framebuffer } from './framebuffer.js';

/** Writes a rectangle as packed RGB (`width * height * 3` bytes, rows from the top) to a pointer in the same memory. */
export function bgrxToRgb(framebuffer: Framebuffer, rectangle: Rectangle, target: number): void {
  const { x, y, width, height } = rectangle;
  framebuffer.memory.kernels.bgrxToRgb(framebuffer.at(x, y), framebuffer.stride, target, width * 3, width, height);
}

/**
 * Writes a rectangle in a true-colour format (rfb's PIXEL), packed, to a pointer in the same memory.
 * @returns how many bytes: width * height * bitsPerPixel / 8
 */
export function writePixels(
  framebuffer: Framebuffer,
  rectangle: Rectangle,
  format: PixelFormat,
  target: number,
): number {
  const { x, y, width, height } = rectangle;
  const rowBytes = (width * format.bitsPerPixel) / 8;
  framebuffer.memory.kernels.bgrxToFormat(
    framebuffer.at(x, y),
    framebuffer.stride,
    target,
    rowBytes,
    width,
    height,
    format.bitsPerPixel,
    format.bigEndian ? 1 : 0,
    format.redMax,
    format.greenMax,
    format.blueMax,
    format.redShift,
    format.greenShift,
    format.blueShift,
  );
  return rowBytes * height;
}

/**
 * Which byte of a 32-bit pixel ZRLE leaves out of a CPIXEL (RFC 6143, 7.7.5): the first, the last, or null where
 * CPIXEL is PIXEL.
 */
export function omittedByte(format: PixelFormat): 'first' | 'last' | null {
  if (!format.trueColour || format.bitsPerPixel !== 32 || format.depth > 24) return null;
  const { redMax, redShift, greenMax, greenShift, blueMax, blueShift } = format;
  const used = (redMax * 2 ** redShift + greenMax * 2 ** greenShift + blueMax * 2 ** blueShift) >>> 0;
  if (used < 2 ** 24) return format.bigEndian ? 'first' : 'last';
  if (used % 256 === 0) return format.bigEndian ? 'last' : 'first';
  return null;
}

/**
 * Writes a rectangle as CPIXELs, packed, to a pointer in the same memory.
 * @param scratch a pointer to width * height * 4 bytes
 * @returns how many bytes
 */
export function writeCompactPixels(
  framebuffer: Framebuffer,
  rectangle: Rectangle,
  format: PixelFormat,
  target: number,
  scratch: number,
): number {
  const omitted = omittedByte(format);
  if (omitted === null) return writePixels(framebuffer, rectangle, format, target);
  writePixels(framebuffer, rectangle, format, scratch);
  const { width, height } = rectangle;
  const skipFirst = omitted === 'first' ? 1 : 0;
  framebuffer.memory.kernels.packThreeBytes(scratch, width * 4, target, width * 3, width, height, skipFirst);
  return width * height * 3;
}
