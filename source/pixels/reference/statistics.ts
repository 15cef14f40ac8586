import type { Plane } from './compare.js';

/** Plain versions of kernels/statistics.ts. Hashes have none: tests ask of them what a hash must do. */

export function adler32(bytes: Uint8Array, start: number): number {
  let a = start & 0xffff;
  let b = start >>> 16;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/** Steps from one pixel to the next in a row of which some channel's is at least so large. */
export function countSteps(
  from: Plane,
  width: number,
  height: number,
  low: number,
  high: number,
): { low: number; high: number } {
  const counts = { low: 0, high: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const i = from.offset + y * from.stride + x * 4;
      const most = Math.max(...[0, 1, 2].map(k => Math.abs(from.bytes[i + k]! - from.bytes[i + k + 4]!)));
      if (most >= low) counts.low++;
      if (most >= high) counts.high++;
    }
  }
  return counts;
}

/** The sum of how much B - G and R - G change from each pixel to the next in its row. */
export function chromaSteps(from: Plane, width: number, height: number): number {
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const i = from.offset + y * from.stride + x * 4;
      const step = (k: number) => from.bytes[i + k + 4]! - from.bytes[i + k]!;
      sum += Math.abs(step(0) - step(1)) + Math.abs(step(2) - step(1));
    }
  }
  return sum;
}
