import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { BYTES_PER_PIXEL } from '../../source/pixels/framebuffer.js';

/** The side of a tile, in pixels. */
const SIDE = 64;

/** A hash for each tile of a picture, row by row: tells where two pictures differ without keeping them. */
export type Tiles = Uint32Array;

/** @param bytes BGRX, packed rows from the top; X is ignored */
export function tilesOf(bytes: Uint8Array, { width, height }: Size): Tiles {
  const pixels = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / BYTES_PER_PIXEL);
  const columns = Math.ceil(width / SIDE);
  const tiles = new Uint32Array(columns * Math.ceil(height / SIDE));
  for (let y = 0, at = 0; y < height; y++) {
    const first = Math.floor(y / SIDE) * columns;
    for (let column = 0; column < columns; column++) {
      let hash = tiles[first + column]!;
      for (const end = at + Math.min(SIDE, width - column * SIDE); at < end; at++) {
        hash = Math.imul(hash ^ (pixels[at]! & 0xffffff), 0x01000193) ^ (hash >>> 15);
      }
      tiles[first + column] = hash;
    }
  }
  return tiles;
}

/** The tiles that differ. */
export function differingTiles(one: Tiles, other: Tiles, { width, height }: Size): Rectangle[] {
  const columns = Math.ceil(width / SIDE);
  return [...one.keys()]
    .filter(index => one[index] !== other[index])
    .map(index => ({ x: (index % columns) * SIDE, y: Math.floor(index / columns) * SIDE }))
    .map(({ x, y }) => ({ x, y, width: Math.min(SIDE, width - x), height: Math.min(SIDE, height - y) }));
}
