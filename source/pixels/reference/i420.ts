import type { Plane } from './compare.js';

/** The plain version of kernels/i420.ts: factors for B, G and R times 2^15. */
const LUMA = [3208, 16_519, 8414] as const;
const BLUE_DIFFERENCE = [14_392, -9535, -4857] as const;
const RED_DIFFERENCE = [-2340, -12_052, 14_392] as const;

/** @returns the planes Y, U and V */
export function bgrxToI420(from: Plane, width: number, height: number): Uint8Array {
  const pixels = width * height;
  const planes = new Uint8Array((pixels * 3) / 2);
  const at = (x: number, y: number) => from.offset + y * from.stride + x * 4;
  const weighted = (factors: readonly number[], places: readonly number[]) =>
    factors.reduce(
      (sum, factor, i) => sum + places.reduce((all, place) => all + factor * from.bytes[place + i]!, 0),
      0,
    );
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      planes[y * width + x] = (weighted(LUMA, [at(x, y)]) + (16 << 15) + (1 << 14)) >> 15;
    }
  }
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const four = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
      const place = pixels + (y / 2) * (width / 2) + x / 2;
      planes[place] = (weighted(BLUE_DIFFERENCE, four) + (128 << 17) + (1 << 16)) >> 17;
      planes[place + pixels / 4] = (weighted(RED_DIFFERENCE, four) + (128 << 17) + (1 << 16)) >> 17;
    }
  }
  return planes;
}
