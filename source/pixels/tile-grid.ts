import { intersect, type Rectangle, type Size } from '../core/rectangle.js';
import { Region } from './region.js';

/** The side of a tile in pixels. */
export const TILE = 64;

/** The version that last changed each tile of 64x64 pixels: the fallback for a viewer older than the journal. */
export class TileGrid {
  readonly columns: number;
  readonly rows: number;
  /** Size of the picture. */
  readonly bounds: Rectangle;
  readonly #versions: Float64Array;

  /** @param version the initial version of every tile */
  constructor(size: Size, version: number) {
    this.columns = Math.ceil(size.width / TILE);
    this.rows = Math.ceil(size.height / TILE);
    this.bounds = { x: 0, y: 0, width: size.width, height: size.height };
    this.#versions = new Float64Array(this.columns * this.rows).fill(version);
  }

  versionAt(column: number, row: number): number {
    if (column < 0 || column >= this.columns || row < 0 || row >= this.rows) {
      throw new RangeError(`no tile at ${column}, ${row}`);
    }
    return this.#versions[row * this.columns + column]!;
  }

  /** Marks a rectangle as changed in this version. */
  mark(rectangle: Rectangle, version: number): void {
    const part = intersect(rectangle, this.bounds);
    if (part === null) return;
    const firstColumn = Math.floor(part.x / TILE);
    const endColumn = Math.ceil((part.x + part.width) / TILE);
    const endRow = Math.ceil((part.y + part.height) / TILE);
    for (let row = Math.floor(part.y / TILE); row < endRow; row++) {
      this.#versions.fill(version, row * this.columns + firstColumn, row * this.columns + endColumn);
    }
  }

  /** The tiles changed after `version`, merged and clipped to the picture; disjoint. */
  changedSince(version: number): Rectangle[] {
    const runs: Rectangle[] = [];
    for (let row = 0; row < this.rows; row++) {
      let start = -1;
      for (let column = 0; column <= this.columns; column++) {
        const changed = column < this.columns && this.#versions[row * this.columns + column]! > version;
        if (changed && start < 0) start = column;
        if (!changed && start >= 0) {
          runs.push({ x: start * TILE, y: row * TILE, width: (column - start) * TILE, height: TILE });
          start = -1;
        }
      }
    }
    return Region.of(runs).intersect(this.bounds).rectangles();
  }
}
