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

export interface Smoothness {
  readonly flat: number;
  readonly smooth: number;
  readonly sharp: number;
}

export function smoothness(from: Plane, width: number, height: number, sharpFrom: number): Smoothness {
  const counts = { flat: 0, smooth: 0, sharp: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const i = from.offset + y * from.stride + x * 4;
      const steps = [0, 1, 2].map(k => Math.abs(from.bytes[i + k]! - from.bytes[i + k + 4]!));
      const most = Math.max(...steps);
      counts[most === 0 ? 'flat' : most < sharpFrom ? 'smooth' : 'sharp']++;
    }
  }
  return counts;
}
