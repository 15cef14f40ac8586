import type { Plane } from './compare.js';

/** Plain versions of kernels/palette.ts. */

function colourAt(plane: Plane, x: number, y: number): number {
  const i = plane.offset + y * plane.stride + x * 4;
  return plane.bytes[i]! | (plane.bytes[i + 1]! << 8) | (plane.bytes[i + 2]! << 16);
}

export interface Palette {
  readonly colours: number[];
  readonly indices: number[];
}

/** @returns null for more than `most` colours */
export function buildPalette(from: Plane, width: number, height: number, most: number): Palette | null {
  const known = new Map<number, number>();
  const indices: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = colourAt(from, x, y);
      if (!known.has(colour)) known.set(colour, known.size);
      indices.push(known.get(colour)!);
    }
  }
  return known.size > most ? null : { colours: [...known.keys()], indices };
}

export function packIndices(indices: readonly number[], width: number, height: number, bits: number): Uint8Array {
  const rowBytes = Math.ceil((width * bits) / 8);
  const packed = new Uint8Array(rowBytes * height);
  for (const [i, index] of indices.entries()) {
    const bit = (i % width) * bits;
    packed[Math.floor(i / width) * rowBytes + (bit >> 3)]! |= index << (8 - bits - (bit & 7));
  }
  return packed;
}
