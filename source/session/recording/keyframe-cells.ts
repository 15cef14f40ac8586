import type { Rectangle, Size } from '../../core/rectangle.js';
import type { WrittenCell } from '../../protocols/recording/log-writer.js';
import { cutOnGrid } from '../share/rfb/cells.js';
import { MEDIUM_CELL } from '../share/tuning.js';

export interface KeyframeCell {
  readonly index: number;
  readonly rectangle: Rectangle;
}

/** The encoded cells of the whole picture. Each is kept until its pixels change. */
export class KeyframeCells {
  readonly #cells: readonly KeyframeCell[];
  readonly #columns: number;
  readonly #encoded: (readonly Uint8Array[] | null)[];
  #bytes = 0;

  constructor({ width, height }: Size) {
    this.#cells = cutOnGrid([{ x: 0, y: 0, width, height }]).map((rectangle, index) => ({ index, rectangle }));
    this.#columns = Math.ceil(width / MEDIUM_CELL.width);
    this.#encoded = this.#cells.map(() => null);
  }

  /** The picture inside the rectangle has changed. */
  touch(rectangle: Rectangle): void {
    const right = Math.ceil((rectangle.x + rectangle.width) / MEDIUM_CELL.width);
    const bottom = Math.ceil((rectangle.y + rectangle.height) / MEDIUM_CELL.height);
    for (let row = Math.floor(rectangle.y / MEDIUM_CELL.height); row < bottom; row++) {
      for (let column = Math.floor(rectangle.x / MEDIUM_CELL.width); column < right; column++) {
        if (column < this.#columns) this.#put(row * this.#columns + column, null);
      }
    }
  }

  /** The cells to be encoded again. */
  get touched(): KeyframeCell[] {
    return this.#cells.filter(({ index }) => this.#encoded[index] === null);
  }

  /** @param rectangles in memory of their own */
  keep(index: number, rectangles: readonly Uint8Array[]): void {
    this.#put(index, rectangles);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** All cells. None may be missing. */
  get all(): WrittenCell[] {
    return this.#encoded.map((rectangles, cell) => ({ cell, rectangles: rectangles ?? [] }));
  }

  #put(index: number, rectangles: readonly Uint8Array[] | null): void {
    if (index >= this.#encoded.length) return;
    this.#bytes += lengthOf(rectangles) - lengthOf(this.#encoded[index] ?? null);
    this.#encoded[index] = rectangles;
  }
}

function lengthOf(rectangles: readonly Uint8Array[] | null): number {
  return rectangles?.reduce((sum, { length }) => sum + length, 0) ?? 0;
}
