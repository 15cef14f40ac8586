import type { PixelFormat } from '../../core/pixel-format.js';
import type { Plane } from './compare.js';

/** Plain versions of kernels/convert.ts. */

function eachPixel(from: Plane, width: number, height: number, take: (pixel: number, x: number, y: number) => void) {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) take(from.offset + y * from.stride + x * 4, x, y);
  }
}

export function bgrxToRgb(from: Plane, to: Plane, width: number, height: number): void {
  eachPixel(from, width, height, (source, x, y) => {
    const target = to.offset + y * to.stride + x * 3;
    for (let i = 0; i < 3; i++) to.bytes[target + i] = from.bytes[source + 2 - i]!;
  });
}

export function packThreeBytes(from: Plane, to: Plane, width: number, height: number, skipFirst: boolean): void {
  eachPixel(from, width, height, (source, x, y) => {
    const target = to.offset + y * to.stride + x * 3;
    for (let i = 0; i < 3; i++) to.bytes[target + i] = from.bytes[source + i + (skipFirst ? 1 : 0)]!;
  });
}

export function bgrxToFormat(from: Plane, to: Plane, width: number, height: number, format: PixelFormat): void {
  const bytes = format.bitsPerPixel / 8;
  const view = new DataView(to.bytes.buffer, to.bytes.byteOffset, to.bytes.byteLength);
  const channel = (value: number, max: number, shift: number) => Math.round((value * max) / 255) * 2 ** shift;
  eachPixel(from, width, height, (source, x, y) => {
    const [blue = 0, green = 0, red = 0] = from.bytes.subarray(source, source + 3);
    const pixel =
      channel(red, format.redMax, format.redShift) +
      channel(green, format.greenMax, format.greenShift) +
      channel(blue, format.blueMax, format.blueShift);
    const target = to.offset + y * to.stride + x * bytes;
    if (bytes === 4) view.setUint32(target, pixel, !format.bigEndian);
    else if (bytes === 2) view.setUint16(target, pixel, !format.bigEndian);
    else view.setUint8(target, pixel);
  });
}
