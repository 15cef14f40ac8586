import type { EncodedPart } from '../../../codecs/encode/encode-job.js';
import { intersect, type Rectangle } from '../../../core/rectangle.js';
import { TILE, type TileGrid } from '../../../pixels/tile-grid.js';

/** A few other tiles in between are no problem: the encoder cuts them out at little cost. */
const MIN_SHARE = 0.75;

/**
 * The tiles that were photographic when they were last encoded with JPEG. Only a guess at the present contents: good
 * enough to choose how to cut, not for correctness.
 */
export class PhotographicTiles {
  readonly #grid: TileGrid;
  readonly #photographic: Uint8Array;

  constructor(grid: TileGrid) {
    this.#grid = grid;
    this.#photographic = new Uint8Array(grid.columns * grid.rows);
  }

  /** Records an encoder's findings. */
  note(parts: readonly EncodedPart[]): void {
    for (const { rectangle, lossy } of parts) {
      const span = this.#tiles(rectangle);
      for (let start = span.start; start < span.end; start += this.#grid.columns) {
        this.#photographic.fill(lossy ? 1 : 0, start, start + span.width);
      }
    }
  }

  /** Whether most of the tiles under the rectangle are photographic. */
  isMostlyPhotographic(rectangle: Rectangle): boolean {
    return this.shareOf(rectangle) >= MIN_SHARE;
  }

  /** The fraction of the tiles under the rectangle that are photographic. */
  shareOf(rectangle: Rectangle): number {
    const span = this.#tiles(rectangle);
    let tiles = 0;
    let photographic = 0;
    for (let start = span.start; start < span.end; start += this.#grid.columns) {
      tiles += span.width;
      for (let tile = start; tile < start + span.width; tile++) photographic += this.#photographic[tile]!;
    }
    return tiles > 0 ? photographic / tiles : 0;
  }

  /** The index of the first tile under a rectangle, one beyond the last, and the number of tiles per row. */
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
