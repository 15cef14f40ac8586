import { intersect, type Rectangle } from '../core/rectangle.js';
import { TILE, type TileGrid } from '../pixels/tile-grid.js';
import type { EncodedPart } from './encode-job.js';

/** What else lies between them is cut out by the encoder, at little cost as long as it is little. */
const MOST = 0.75;

const ofGrid = new WeakMap<TileGrid, PhotographicTiles>();

/**
 * Where a picture was photographic when it was last encoded with JPEG: a guess at what it is now, good for choosing how it
 * is cut, and for nothing that must be right.
 */
export class PhotographicTiles {
  readonly #grid: TileGrid;
  readonly #photographic: Uint8Array;

  private constructor(grid: TileGrid) {
    this.#grid = grid;
    this.#photographic = new Uint8Array(grid.columns * grid.rows);
  }

  static of(grid: TileGrid): PhotographicTiles {
    const known = ofGrid.get(grid);
    if (known) return known;
    const tiles = new PhotographicTiles(grid);
    ofGrid.set(grid, tiles);
    return tiles;
  }

  /** Takes over what an encoder found. */
  note(parts: readonly EncodedPart[]): void {
    for (const { rectangle, lossy } of parts) {
      this.#rows(rectangle, (start, end) => this.#photographic.fill(lossy ? 1 : 0, start, end));
    }
  }

  /** Whether nearly all of the tiles that the rectangle touches were. */
  prevailIn(rectangle: Rectangle): boolean {
    let tiles = 0;
    let photographic = 0;
    this.#rows(rectangle, (start, end) => {
      tiles += end - start;
      for (let tile = start; tile < end; tile++) photographic += this.#photographic[tile]!;
    });
    return photographic >= tiles * MOST;
  }

  #rows(rectangle: Rectangle, visit: (start: number, end: number) => void): void {
    const { columns, bounds } = this.#grid;
    const part = intersect(rectangle, bounds);
    if (!part) return;
    const left = Math.floor(part.x / TILE);
    const right = Math.ceil((part.x + part.width) / TILE);
    const bottom = Math.ceil((part.y + part.height) / TILE);
    for (let row = Math.floor(part.y / TILE); row < bottom; row++) visit(row * columns + left, row * columns + right);
  }
}
