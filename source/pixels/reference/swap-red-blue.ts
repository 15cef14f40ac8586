import type { Plane } from './compare.js';

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
