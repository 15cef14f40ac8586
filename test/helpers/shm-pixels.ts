import { writeSync } from 'node:fs';
import { intersect, type Rectangle } from '../../source/core/rectangle.js';

/** A format of wl_shm by its name in drm_fourcc.h. */
export const code = (name: string) => Buffer.from(name, 'latin1').readUInt32LE(0);
export const XRGB8888 = 1;

/** Pixels as 0xAARRGGBB. */
interface Pixels {
  readonly width: number;
  readonly pixels: Uint32Array;
  readonly whole: Rectangle;
}

/** A buffer of a client. */
export interface ShmBuffer {
  readonly fd: { readonly number: number; users: number };
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly format: number;
}

export function bytesOf(format: number): number {
  return format === code('RG24') || format === code('BG24') ? 3 : 4;
}

/** Writes a rectangle of pixels to its place in a buffer. */
export function writePixels(surface: Pixels, rectangle: Rectangle, buffer: ShmBuffer): void {
  const part = intersect(rectangle, surface.whole);
  if (!part) return;
  const size = bytesOf(buffer.format);
  const row = Buffer.alloc(part.width * size);
  for (let y = part.y; y < part.y + part.height; y++) {
    for (let x = 0; x < part.width; x++) {
      const value = encoded(surface.pixels[y * surface.width + part.x + x]!, buffer.format);
      row.writeUIntLE(value, x * size, size);
    }
    writeSync(buffer.fd.number, row, 0, row.length, buffer.offset + y * buffer.stride + part.x * size);
  }
}

/** 0xAARRGGBB in another format. Eight bits are stretched to ten by repeating the highest. */
function encoded(pixel: number, format: number): number {
  const [alpha, red, green, blue] = [pixel >>> 24, (pixel >>> 16) & 255, (pixel >>> 8) & 255, pixel & 255];
  const ten = (value: number) => (value << 2) | (value >>> 6);
  const word = (a: number, b: number, c: number, d: number) => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  switch (format) {
    case code('XB24'):
    case code('AB24'):
      return word(alpha, blue, green, red);
    case code('RX24'):
      return word(red, green, blue, alpha);
    case code('BX24'):
      return word(blue, green, red, alpha);
    case code('XR30'):
      return ((3 << 30) | (ten(red) << 20) | (ten(green) << 10) | ten(blue)) >>> 0;
    case code('XB30'):
      return ((3 << 30) | (ten(blue) << 20) | (ten(green) << 10) | ten(red)) >>> 0;
    case code('RG24'):
      return (red << 16) | (green << 8) | blue;
    case code('BG24'):
      return (blue << 16) | (green << 8) | red;
    default:
      return pixel;
  }
}
