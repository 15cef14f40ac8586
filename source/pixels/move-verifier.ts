import { intersect, type Rectangle } from '../core/rectangle.js';
import { bestRectangle, bestStart } from './best-rectangle.js';
import type { Comparer, Found } from './difference.js';
import type { Framebuffer } from './framebuffer.js';
import { TILE } from './tile-grid.js';

/** The least number of pixels that a move must save: the same words appear in many places. */
const MIN_SPARED = 2048;
/** A tile row with one in this many pixels different counts as all different, as in compareCells. */
const SCATTER = 8;
/** Weight of pixels that still differ after the move: a real move matches nearly everywhere. */
const SPOILT = 3;

/** Estimated pixels to send for each tile without the move. */
export interface TileCosts {
  costAt(column: number, row: number): number;
}

/** A move that pays. */
export interface Verified {
  readonly destination: Rectangle;
  /** The differences left after it, around the destination too. */
  readonly after: readonly Found[];
  /** Estimated pixels saved, in whole tiles. */
  readonly spared: number;
}

/** Verifies, by comparing pixels, which part of a picture has moved by an offset, exact to the pixel. */
export class MoveVerifier {
  readonly #comparer: Comparer;
  readonly #before: Framebuffer;
  readonly #now: Framebuffer;
  readonly #counts: number;

  /** @param comparer of `before` with `now` */
  constructor(comparer: Comparer, before: Framebuffer, now: Framebuffer) {
    this.#comparer = comparer;
    this.#before = before;
    this.#now = now;
    this.#counts = before.memory.allocate(2 * 4 * 2 * TILE);
  }

  /**
   * The part of an area best moved by an offset, if any.
   * @param range inside the picture, also when moved back by the offset
   */
  verify(range: Rectangle, dx: number, dy: number, costs: TileCosts): Verified | null {
    const after = this.#comparer.find(range, dx, dy);
    const best = bestTiles(range, after, costs);
    if (best === null) return null;
    const destination = this.#refined(best.tiles, range, after, dx, dy);
    return destination && { destination, after, spared: best.spared };
  }

  free(): void {
    this.#before.memory.free(this.#counts);
  }

  /** Moves each edge by up to a tile, outwards (inside the range) or inwards, to where most pixels are saved. */
  #refined(rectangle: Rectangle, range: Rectangle, after: readonly Found[], dx: number, dy: number): Rectangle | null {
    let { x, y } = rectangle;
    let right = x + rectangle.width;
    let bottom = y + rectangle.height;
    const endX = range.x + range.width;
    const endY = range.y + range.height;
    // An edge that cannot move further out, and along which nothing gets worse, is in place.
    const settled = (each: Rectangle) => !after.some(found => intersect(found, each) !== null);
    const along = { ...rectangle, height: Math.min(TILE, rectangle.height) };
    const down = { ...rectangle, width: Math.min(TILE, rectangle.width) };

    if (y > range.y || !settled(along)) {
      const top = Math.max(y - TILE, range.y);
      const height = Math.min(y + TILE, bottom) - top;
      y = top + bestStart(this.#rowGains({ x, y: top, width: right - x, height }, dx, dy));
    }
    if (bottom < endY || !settled({ ...along, y: bottom - along.height })) {
      const high = Math.max(bottom - TILE, y);
      const low = Math.min(bottom + TILE, endY);
      bottom = low - bestStart(this.#rowGains({ x, y: high, width: right - x, height: low - high }, dx, dy).reverse());
    }
    if (bottom <= y) return null;

    if (x > range.x || !settled(down)) {
      const left = Math.max(x - TILE, range.x);
      const width = Math.min(x + TILE, right) - left;
      x = left + bestStart(this.#columnGains({ x: left, y, width, height: bottom - y }, dx, dy));
    }
    if (right < endX || !settled({ ...down, x: right - down.width })) {
      const near = Math.max(right - TILE, x);
      const far = Math.min(right + TILE, endX);
      right =
        far - bestStart(this.#columnGains({ x: near, y, width: far - near, height: bottom - y }, dx, dy).reverse());
    }
    return right > x ? { x, y, width: right - x, height: bottom - y } : null;
  }

  /** For each row, the estimated pixels saved by the move. */
  #rowGains(part: Rectangle, dx: number, dy: number): number[] {
    const gains = new Array<number>(part.height).fill(0);
    for (let x = part.x; x < part.x + part.width; x += TILE) {
      this.#addGains(gains, 'differingRows', { ...part, x, width: Math.min(TILE, part.x + part.width - x) }, dx, dy);
    }
    return gains;
  }

  #columnGains(part: Rectangle, dx: number, dy: number): number[] {
    const gains = new Array<number>(part.width).fill(0);
    for (let y = part.y; y < part.y + part.height; y += TILE) {
      this.#addGains(
        gains,
        'differingColumns',
        { ...part, y, height: Math.min(TILE, part.y + part.height - y) },
        dx,
        dy,
      );
    }
    return gains;
  }

  /** For a part at most a tile wide or high, so that differences are compared with those at the same place. */
  #addGains(
    gains: number[],
    kernel: 'differingRows' | 'differingColumns',
    { x, y, width, height }: Rectangle,
    dx: number,
    dy: number,
  ): void {
    const { memory, kernels } = this.#before.memory;
    const { stride } = this.#now;
    const now = this.#now.at(x, y);
    const across = kernel === 'differingRows' ? width : height;
    const moved = this.#counts + gains.length * 4;
    kernels[kernel](this.#before.at(x, y), stride, now, stride, width, height, this.#counts);
    kernels[kernel](this.#before.at(x - dx, y - dy), stride, now, stride, width, height, moved);
    const counts = new Int32Array(memory.buffer, this.#counts, gains.length * 2);
    for (let i = 0; i < gains.length; i++) {
      gains[i]! += costOf(counts[i]!, across) - costOf(counts[gains.length + i]!, across) * SPOILT;
    }
  }
}

/** In whole tiles: the rectangle in which the move saves most pixels, less those that it spoils. */
function bestTiles(range: Rectangle, after: readonly Found[], costs: TileCosts) {
  const firstColumn = Math.floor(range.x / TILE);
  const firstRow = Math.floor(range.y / TILE);
  const columns = Math.ceil((range.x + range.width) / TILE) - firstColumn;
  const rows = Math.ceil((range.y + range.height) / TILE) - firstRow;
  const gains = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      gains[row * columns + column] = costs.costAt(firstColumn + column, firstRow + row);
    }
  }
  for (const each of after) {
    const column = Math.floor(each.x / TILE) - firstColumn;
    gains[(Math.floor(each.y / TILE) - firstRow) * columns + column]! -= each.cost * SPOILT;
  }
  const best = bestRectangle(gains, columns, rows);
  if (best === null || best.sum < MIN_SPARED) return null;
  const tiles = intersect(range, {
    x: (firstColumn + best.column) * TILE,
    y: (firstRow + best.row) * TILE,
    width: best.columns * TILE,
    height: best.rows * TILE,
  });
  return tiles && { tiles, spared: best.sum };
}

/** Pixels sent for a row or column with some differences: scattered ones are sent in one piece. */
function costOf(differing: number, pixels: number): number {
  return Math.min(differing * SCATTER, pixels);
}
