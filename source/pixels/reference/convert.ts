import type { Plane } from './compare.js';

/** Plain versions of kernels/convert.ts. */
export function bgrxToRgb(from: Plane, to: Plane, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    let source = from.offset + y * from.stride;
    let target = to.offset + y * to.stride;
    for (let x = 0; x < width; x++) {
      to.bytes[target++] = from.bytes[source + 2]!;
      to.bytes[target++] = from.bytes[source + 1]!;
      to.bytes[target++] = from.bytes[source]!;
      source += 4;
    }
  }
}
