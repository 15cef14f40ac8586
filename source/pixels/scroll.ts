import { area, bounds, contains, intersect, overlaps, type Rectangle, translate } from '../core/rectangle.js';
import { bestRectangle, bestStart } from './best-rectangle.js';
import { changeClusters } from './change-clusters.js';
import type { Comparer, Differences, Found } from './difference.js';
import { BYTES_PER_PIXEL, type Framebuffer } from './framebuffer.js';
import type { Move } from './journal.js';
import { horizontalSamples, LARGE, type Samples, thoroughSamples, verticalSamples } from './scroll-samples.js';
import { LEAST_VOTES, ScrollVotes } from './scroll-votes.js';
import { TILE } from './tile-grid.js';

/** Changes smaller than this, typing for one, are not worth a search. */
const LEAST_CHANGED = 1024;
/** A move must spare so many pixels: words are found again everywhere. */
const LEAST_SPARED = 2048;
/** What has this size at least may have moved. */
const LEAST_SIDE = 20;
const MOST_MOVES = 6;
/** A row of a tile of which one pixel in so many differs is as good as all different, as in compareCells. */
const SCATTER = 8;
/** What still differs where something was moved counts so many times: what moved really is the same nearly all over. */
const SPOILT = 3;
/** Offsets that are tried of those that a search comes up with. */
const MOST_CANDIDATES = 4;
/** When this part of the changes is explained, the search is over. */
const ENOUGH = 0.75;
/** Whole searches in vain make for ever longer pauses between them, in commits: a film is no scroll. */
const LONGEST_PAUSE = 31;
/** After so many commits in vain ever fewer are searched at all, at least one in so many. */
const PATIENCE = 4;
const RAREST = 16;

/** A move that would pay, and what would differ after it. */
interface Verified {
  readonly destination: Rectangle;
  readonly after: readonly Found[];
}

/**
 * Finds out what has only moved between the picture before and the picture now: parts that scroll, windows that are
 * dragged, on one axis or both, several at once. Anchors suggest offsets; each is verified by comparing pixels, so that
 * a wrong suggestion costs time and never a wrong picture; and the work is bounded by the size of the change.
 */
export class ScrollDetector {
  readonly #comparer: Comparer;
  readonly #before: Framebuffer;
  readonly #now: Framebuffer;
  readonly #counts: number;
  #votes: ScrollVotes | null = null;
  #pause = 0;
  #pauseLeft = 0;
  /** Searches of large changes since a move was found, and where the last one was. */
  #vain = 0;
  #vainWhere: Rectangle | null = null;
  #skip = 0;
  /** Pixels that may still be compared for the present commit. */
  #budget = 0;

  /** @param comparer of `before`, which moves are done in, with `now` */
  constructor(comparer: Comparer, before: Framebuffer, now: Framebuffer) {
    this.#comparer = comparer;
    this.#before = before;
    this.#now = now;
    this.#counts = before.memory.allocate(2 * 4 * 2 * TILE);
  }

  /**
   * Does in `before` the moves that it finds, and brings the differences up to date.
   * @param differences all of them: `now` is the same everywhere else
   */
  detect(differences: Differences): Move[] {
    const changed = differences.pixels;
    if (changed < LEAST_CHANGED) return [];
    const where = differences.bounds();
    // What changes elsewhere, or more than that, is another thing, and looked at.
    const sameAgain = this.#vainWhere !== null && contains(this.#vainWhere, where);
    if (sameAgain && this.#skip > 0) {
      this.#skip--;
      return [];
    }
    const moves: Move[] = [];
    this.#budget = 4 * area(this.#before.bounds);
    let large = false;
    for (const search of [verticalSamples, horizontalSamples, thoroughSamples]) {
      const clusters = changeClusters(differences.all()).filter(isBigEnough);
      if (clusters.length === 0) break;
      large = clusters.some(each => area(each) > LARGE);
      if (search === thoroughSamples && !this.#mayLookEverywhere()) break;
      this.#search(clusters.map(search), clusters, differences, moves);
      if (search === thoroughSamples) this.#rest(moves.length === 0);
      if (differences.pixels < changed * (1 - ENOUGH) || moves.length === MOST_MOVES) break;
      // Without large areas the first search has looked at everything.
      if (!large) break;
    }
    const vain = large && moves.length === 0;
    this.#vain = vain ? (sameAgain ? this.#vain : 0) + 1 : 0;
    this.#vainWhere = vain ? grown(where) : null;
    this.#skip = Math.min(2 ** Math.max(this.#vain - PATIENCE, 0), RAREST) - 1;
    return moves;
  }

  free(): void {
    this.#before.memory.free(this.#counts);
    this.#votes?.free();
  }

  #mayLookEverywhere(): boolean {
    if (this.#pauseLeft === 0) return true;
    this.#pauseLeft--;
    return false;
  }

  #rest(inVain: boolean): void {
    this.#pause = inVain ? Math.min(this.#pause * 2 + 1, LONGEST_PAUSE) : 0;
    this.#pauseLeft = this.#pause;
  }

  #search(samples: readonly Samples[], clusters: readonly Rectangle[], differences: Differences, moves: Move[]): void {
    this.#votes ??= new ScrollVotes(this.#before.memory, this.#before.width);
    const candidates = this.#votes.candidates(this.#before, this.#now, samples).slice(0, MOST_CANDIDATES);
    const done: Rectangle[] = [];
    for (const { dx, dy, places } of candidates) {
      // Parts that moved alike may be apart, with something that stayed between them: once more while votes are left.
      while (moves.length < MOST_MOVES) {
        const where = boundsOfPlaces(places, done);
        const verified = where && this.#verify(dx, dy, rangeAround(where, clusters), differences);
        if (verified === null) break;
        this.#move(dx, dy, verified, differences);
        moves.push({ source: translate(verified.destination, -dx, -dy), dx, dy });
        done.push(verified.destination);
      }
    }
  }

  /** The part of an area that is best moved by an offset, if any is. */
  #verify(dx: number, dy: number, where: Rectangle, differences: Differences): Verified | null {
    const legal = intersect(this.#before.bounds, translate(this.#before.bounds, dx, dy));
    const range = legal && intersect(legal, where);
    if (range === null || this.#budget < area(range)) return null;
    this.#budget -= area(range);
    const after = this.#comparer.find(range, dx, dy);
    const best = this.#bestTiles(range, after, differences);
    if (best === null) return null;
    const destination = this.#refined(best, range, dx, dy);
    return destination && { destination, after };
  }

  /** In whole tiles: where the move spares most pixels, less those that it makes wrong. */
  #bestTiles(range: Rectangle, after: readonly Found[], differences: Differences): Rectangle | null {
    const firstColumn = Math.floor(range.x / TILE);
    const firstRow = Math.floor(range.y / TILE);
    const columns = Math.ceil((range.x + range.width) / TILE) - firstColumn;
    const rows = Math.ceil((range.y + range.height) / TILE) - firstRow;
    const gains = new Float64Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        gains[row * columns + column] = differences.costAt(firstColumn + column, firstRow + row);
      }
    }
    for (const each of after) {
      const column = Math.floor(each.x / TILE) - firstColumn;
      gains[(Math.floor(each.y / TILE) - firstRow) * columns + column]! -= each.cost * SPOILT;
    }
    const best = bestRectangle(gains, columns, rows);
    if (best === null || best.sum < LEAST_SPARED) return null;
    const tiles = {
      x: (firstColumn + best.column) * TILE,
      y: (firstRow + best.row) * TILE,
      width: best.columns * TILE,
      height: best.rows * TILE,
    };
    return intersect(tiles, range);
  }

  /** Pushes each edge, up to a tile outwards (but not out of the range) or inwards, to where most pixels are spared. */
  #refined(rectangle: Rectangle, range: Rectangle, dx: number, dy: number): Rectangle | null {
    let { x, y } = rectangle;
    let right = x + rectangle.width;
    let bottom = y + rectangle.height;
    const endX = range.x + range.width;
    const endY = range.y + range.height;

    const top = Math.max(y - TILE, range.y);
    y =
      top +
      bestStart(this.#rowGains({ x, y: top, width: right - x, height: Math.min(y + TILE, bottom) - top }, dx, dy));
    const high = Math.max(bottom - TILE, y);
    const low = Math.min(bottom + TILE, endY);
    bottom = low - bestStart(this.#rowGains({ x, y: high, width: right - x, height: low - high }, dx, dy).reverse());
    if (bottom <= y) return null;

    const left = Math.max(x - TILE, range.x);
    x =
      left +
      bestStart(this.#columnGains({ x: left, y, width: Math.min(x + TILE, right) - left, height: bottom - y }, dx, dy));
    const near = Math.max(right - TILE, x);
    const far = Math.min(right + TILE, endX);
    right = far - bestStart(this.#columnGains({ x: near, y, width: far - near, height: bottom - y }, dx, dy).reverse());
    return right > x ? { x, y, width: right - x, height: bottom - y } : null;
  }

  /** For each row, about how many pixels less have to be sent with the move than without it. */
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

  /** Of a part that is a tile wide or high at most, so that what differs in one place is held against its own place. */
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

  #move(dx: number, dy: number, { destination, after }: Verified, differences: Differences): void {
    const { x, y, width, height } = destination;
    const { stride, memory } = this.#before;
    const from = this.#before.at(x - dx, y - dy);
    memory.kernels.copyRectangle(from, stride, this.#before.at(x, y), stride, width * BYTES_PER_PIXEL, height);
    this.#update(destination, after, differences);
  }

  /** Tiles inside the destination differ as verified; those on its edge are compared again. */
  #update(destination: Rectangle, after: readonly Found[], differences: Differences): void {
    const { x, y, width, height } = destination;
    const column = Math.floor(x / TILE);
    const row = Math.floor(y / TILE);
    const endColumn = Math.ceil((x + width) / TILE);
    const endRow = Math.ceil((y + height) / TILE);
    const innerColumn = Math.ceil(x / TILE);
    const innerRow = Math.ceil(y / TILE);
    const innerEndColumn = Math.max(Math.floor((x + width) / TILE), innerColumn);
    const innerEndRow = Math.max(Math.floor((y + height) / TILE), innerRow);
    differences.clear(column, row, endColumn, endRow);
    const again = [
      [column, row, endColumn, innerRow],
      [column, innerEndRow, endColumn, endRow],
      [column, innerRow, innerColumn, innerEndRow],
      [innerEndColumn, innerRow, endColumn, innerEndRow],
    ] as const;
    const inner = tiles(innerColumn, innerRow, innerEndColumn, innerEndRow);
    for (const each of after) if (overlaps(each, inner)) differences.add(each);
    for (const edges of again) {
      const part = intersect(tiles(...edges), this.#before.bounds);
      if (part !== null) for (const each of this.#comparer.find(part)) differences.add(each);
    }
  }
}

function tiles(column: number, row: number, endColumn: number, endRow: number): Rectangle {
  return { x: column * TILE, y: row * TILE, width: (endColumn - column) * TILE, height: (endRow - row) * TILE };
}

/** Pixels that go out for a row or column of which some differ: what is scattered goes out in one piece. */
function costOf(differing: number, pixels: number): number {
  return Math.min(differing * SCATTER, pixels);
}

/** The bounds of the places (x, y, x, y ...) outside of what is done already, or null when few are left. */
function boundsOfPlaces(places: readonly number[], done: readonly Rectangle[]): Rectangle | null {
  let [left, top, right, bottom, votes] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0, 0];
  for (let i = 0; i < places.length; i += 2) {
    const x = places[i]!;
    const y = places[i + 1]!;
    if (isInside(x, y, done)) continue;
    votes++;
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + 1);
    bottom = Math.max(bottom, y + 1);
  }
  return votes < LEAST_VOTES ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

function isInside(x: number, y: number, rectangles: readonly Rectangle[]): boolean {
  for (const each of rectangles) {
    if (x >= each.x && y >= each.y && x < each.x + each.width && y < each.y + each.height) return true;
  }
  return false;
}

/** As far around those who voted as something that they speak for may reach, inside the changes that they belong to. */
function rangeAround(where: Rectangle, clusters: readonly Rectangle[]): Rectangle {
  const cluster = clusters.filter(each => overlaps(each, where)).reduce(bounds, where);
  if (area(cluster) <= LARGE) return cluster;
  const x = Math.ceil(TILE + cluster.width / 3);
  const y = Math.ceil(TILE + cluster.height / 3);
  const around = { x: where.x - x, y: where.y - y, width: where.width + 2 * x, height: where.height + 2 * y };
  return intersect(around, cluster)!;
}

/** With some room around: a film's edges differ now and then. */
function grown({ x, y, width, height }: Rectangle): Rectangle {
  return { x: x - TILE, y: y - TILE, width: width + 2 * TILE, height: height + 2 * TILE };
}

function isBigEnough({ width, height }: Rectangle): boolean {
  return width >= LEAST_SIDE && height >= LEAST_SIDE;
}
