import type { Plane } from './compare.js';

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
