import type { EncodedPart } from '../../../codecs/encode/encode-job.js';
import { intersect, type Rectangle } from '../../../core/rectangle.js';
import { TILE, type TileGrid } from '../../../pixels/tile-grid.js';

/** What else lies between them is cut out by the encoder, at little cost as long as it is little. */
const MIN_SHARE = 0.75;

/**
 * Where a picture was photographic when it was last encoded with JPEG: a guess at what it is now, good for choosing how it
 * is cut, and for nothing that must be right.
 */
export class PhotographicTiles {
  readonly #grid: TileGrid;
  readonly #photographic: Uint8Array;

  constructor(grid: TileGrid) {
    this.#grid = grid;
    this.#photographic = new Uint8Array(grid.columns * grid.rows);
  }

  /** Takes over what an encoder found. */
  note(parts: readonly EncodedPart[]): void {
    for (const { rectangle, lossy } of parts) {
      const span = this.#tiles(rectangle);
      for (let start = span.start; start < span.end; start += this.#grid.columns) {
        this.#photographic.fill(lossy ? 1 : 0, start, start + span.width);
      }
    }
  }

  /** Whether nearly all of the tiles that the rectangle touches were. */
  isMostlyPhotographic(rectangle: Rectangle): boolean {
    const span = this.#tiles(rectangle);
    let tiles = 0;
    let photographic = 0;
    for (let start = span.start; start < span.end; start += this.#grid.columns) {
      tiles += span.width;
      for (let tile = start; tile < start + span.width; tile++) photographic += this.#photographic[tile]!;
    }
    return photographic >= tiles * MIN_SHARE;
  }

  /** The first tile that a rectangle touches, one beyond the last, and how many there are in a row. */
  #tiles(rectangle: Rectangle): { start: number; end: number; width: number } {
    const { columns, bounds } = this.#grid;
    const part = intersect(rectangle, bounds);
    if (!part) return { start: 0, end: 0, width: 0 };
    const left = Math.floor(part.x / TILE);
    const right = Math.ceil((part.x + part.width) / TILE);
    const bottom = Math.ceil((part.y + part.height) / TILE);
    const start = Math.floor(part.y / TILE) * columns + left;
    return { start, end: (bottom - 1) * columns + right, width: right - left };
  }
}
