import type { PixelFormat } from '../../core/pixel-format.js';
import type { Rectangle } from '../../core/rectangle.js';
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

/**
 * The plain version of kernels/rgb-to-bgrx.ts. The bounds are exact; the kernel's may be up to 15 pixels wider each
 * way.
 */
export function rgbToBgrx(from: Plane, to: Plane, width: number, height: number): Rectangle | null {
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = from.offset + y * from.stride + x * 3;
      const target = to.offset + y * to.stride + x * 4;
      if ([0, 1, 2].every(channel => to.bytes[target + 2 - channel] === from.bytes[source + channel])) continue;
      for (const channel of [0, 1, 2]) to.bytes[target + 2 - channel] = from.bytes[source + channel]!;
      to.bytes[target + 3] = 0;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return bottom === 0 ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

/** Plain version of kernels/swap-red-blue.ts. */
export function swapRedBlue(from: Plane, to: Plane, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = from.offset + y * from.stride + x * 4;
      const target = to.offset + y * to.stride + x * 4;
      for (const [place, channel] of [2, 1, 0, 3].entries()) to.bytes[target + place] = from.bytes[source + channel]!;
    }
  }
}

/** Plain versions of kernels/copy.ts. */
export function copyRectangle(from: Plane, to: Plane, rowBytes: number, height: number): void {
  const rows: Uint8Array[] = [];
  for (let y = 0; y < height; y++) {
    const start = from.offset + y * from.stride;
    rows.push(from.bytes.slice(start, start + rowBytes));
  }
  for (const [y, row] of rows.entries()) to.bytes.set(row, to.offset + y * to.stride);
}

export function fillRectangle(to: Plane, width: number, height: number, pixel: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < 4; i++) to.bytes[to.offset + y * to.stride + x * 4 + i] = (pixel >>> (8 * i)) & 255;
    }
  }
}

export function bgrxToRgba(from: Plane, to: Plane, width: number, height: number): void {
  swapRedBlue(from, to, width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) to.bytes[to.offset + y * to.stride + x * 4 + 3] = 255;
  }
}
