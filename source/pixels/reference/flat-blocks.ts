import type { Plane } from './compare.js';

const SIDE = 8;

/** The plain version of kernels/flat-blocks.ts. @returns a byte per block */
export function flatBlocks(from: Plane, width: number, height: number): Uint8Array {
  const columns = Math.ceil(width / SIDE);
  const counts = new Uint8Array(columns * Math.ceil(height / SIDE));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = from.offset + y * from.stride + x * 4;
      const equal = [0, 1, 2].every(channel => from.bytes[at + channel] === from.bytes[at + 4 + channel]);
      if (equal) counts[Math.floor(y / SIDE) * columns + Math.floor(x / SIDE)]! += 1;
    }
  }
  return counts;
}
