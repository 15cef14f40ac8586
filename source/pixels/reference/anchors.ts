import type { Plane } from './compare.js';

export interface Anchor {
  readonly hash: number;
  readonly x: number;
  readonly y: number;
}

/** The plain version of kernels/anchors.ts. */
export function findAnchors(from: Plane, width: number, height: number, rarity: number): Anchor[] {
  const colourAt = (x: number, y: number) => {
    const i = from.offset + y * from.stride + x * 4;
    return from.bytes[i]! | (from.bytes[i + 1]! << 8) | (from.bytes[i + 2]! << 16);
  };
  const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));
  const columns = Math.floor((width - 1) / 4) * 4;
  const hashes = new Int32Array(Math.max(columns, 0));
  const anchors: Anchor[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      hashes[x] = (hashes[x]! << 2) + Math.imul(colourAt(x, y) ^ colourAt(x + 1, y), 0x9e3779b1);
    }
    if (y < 15) continue;
    for (let x = 0; x < columns - 20; x++) {
      const sum = hashes[x]! ^ rotate(hashes[x + 7]!, 9) ^ rotate(hashes[x + 19]!, 19);
      const hash = Math.imul(sum, 0x9e3779b1);
      if (hash > 2 ** 31 - 1 - 2 ** (32 - rarity)) anchors.push({ hash, x, y });
    }
  }
  return anchors;
}
