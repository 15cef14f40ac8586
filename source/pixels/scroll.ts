import { area, bounds, contains, intersect, overlaps, type Rectangle, translate } from '../core/rectangle.js';
import type { Comparer, Differences, Found } from './difference.js';
import { BYTES_PER_PIXEL, type Framebuffer } from './framebuffer.js';
import type { Move } from './journal.js';
import { MoveVerifier, type Verified } from './move-verifier.js';
import { type PredictedMove, ScrollPredictor } from './scroll-predictor.js';
import { horizontalSamples, LARGE, type Samples, thoroughSamples, verticalSamples } from './scroll-samples.js';
import { MIN_VOTES, ScrollVotes } from './scroll-votes.js';
import { TILE } from './tile-grid.js';

/** Smaller changes, such as typing, are not worth a search. */
const MIN_CHANGED = 1024;
/** The least size of a moved part. */
const MIN_SIDE = 20;
const MAX_MOVES = 6;
/** Offsets tried per search. */
const MAX_CANDIDATES = 4;
/** The search ends when this share of the changes is explained. */
const ENOUGH = 0.75;
/** Full searches without a result lengthen the pauses between them, in commits: a film does not scroll. */
const LONGEST_PAUSE = 31;
/** After this many commits without a result fewer are searched at all, at least one in RAREST. */
const PATIENCE = 4;
const RAREST = 16;

/**
 * Detects moves between the previous and the current picture: scrolled areas and dragged windows, on one axis or both,
 * several at once. Anchors suggest offsets and each is verified by comparing pixels, so a wrong suggestion costs time
 * but never a wrong picture. The work is bounded by the size of the change.
 */
export class ScrollDetector {
  readonly #comparer: Comparer;
  readonly #before: Framebuffer;
  readonly #now: Framebuffer;
  readonly #verifier: MoveVerifier;
  readonly #predictor: ScrollPredictor;
  #votes: ScrollVotes | null = null;
  #pause = 0;
  #pauseLeft = 0;
  /** Searches of large changes since the last move, and the place of that move. */
  #vain = 0;
  #vainWhere: Rectangle | null = null;
  #skip = 0;
  /** The pixels left to compare in this commit. */
  #budget = 0;

  /** @param comparer compares `before`, to which moves are applied, with `now` */
  constructor(comparer: Comparer, before: Framebuffer, now: Framebuffer) {
    this.#comparer = comparer;
    this.#before = before;
    this.#now = now;
    this.#verifier = new MoveVerifier(comparer, before, now);
    this.#predictor = new ScrollPredictor(comparer, this.#verifier, before, now);
  }

  /** Predicts a likely move before comparing anything; the caller applies it. Null: compare, then `detect`. */
  foresee(damage: readonly Rectangle[]): PredictedMove | null {
    return this.#predictor.look(damage, () => this.#anchors);
  }

  /**
   * Applies the moves that it finds to `before` and updates the differences.
   * @param differences all of them: elsewhere `now` is equal
   */
  detect(differences: Differences): Move[] {
    const changed = differences.pixels;
    if (changed < MIN_CHANGED) return [];
    const where = differences.bounds();
    // Changes elsewhere, or larger ones, are something else and are searched.
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
      if (differences.pixels < changed * (1 - ENOUGH) || moves.length === MAX_MOVES) break;
      // Without large areas the first search has covered everything.
      if (!large) break;
    }
    const vain = large && moves.length === 0;
    this.#vain = vain ? (sameAgain ? this.#vain : 0) + 1 : 0;
    this.#vainWhere = vain ? grown(where) : null;
    this.#skip = Math.min(2 ** Math.max(this.#vain - PATIENCE, 0), RAREST) - 1;
    this.#predictor.found(moves);
    return moves;
  }

  free(): void {
    this.#verifier.free();
    this.#votes?.free();
  }

  get #anchors(): ScrollVotes {
    this.#votes ??= new ScrollVotes(this.#before.memory, this.#before.width);
    return this.#votes;
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
    const candidates = this.#anchors.candidates(this.#before, this.#now, samples).slice(0, MAX_CANDIDATES);
    const done: Rectangle[] = [];
    for (const { dx, dy, places } of candidates) {
      // Parts with the same movement may be apart, with a static part between them: search again while votes are left.
      while (moves.length < MAX_MOVES) {
        const where = boundsOfPlaces(places, done);
        const verified = where && this.#verify(dx, dy, rangeAround(where, clusters), differences);
        if (verified === null) break;
        this.#move(dx, dy, verified, differences);
        moves.push({ source: translate(verified.destination, -dx, -dy), dx, dy });
        done.push(verified.destination);
      }
    }
  }

  /** The part of an area best moved by an offset, if any. */
  #verify(dx: number, dy: number, where: Rectangle, differences: Differences): Verified | null {
    const legal = intersect(this.#before.bounds, translate(this.#before.bounds, dx, dy));
    const range = legal && intersect(legal, where);
    if (range === null || this.#budget < area(range)) return null;
    this.#budget -= area(range);
    return this.#verifier.verify(range, dx, dy, differences);
  }

  #move(dx: number, dy: number, { destination, after }: Verified, differences: Differences): void {
    const { x, y, width, height } = destination;
    const { stride, memory } = this.#before;
    const from = this.#before.at(x - dx, y - dy);
    memory.moveWithin(from, this.#before.at(x, y), stride, width * BYTES_PER_PIXEL, height);
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

/** The bounds of the places (x, y, x, y ...) outside the areas already done, or null when few are left. */
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
  return votes < MIN_VOTES ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

function isInside(x: number, y: number, rectangles: readonly Rectangle[]): boolean {
  for (const each of rectangles) {
    if (x >= each.x && y >= each.y && x < each.x + each.width && y < each.y + each.height) return true;
  }
  return false;
}

/** The area around the voters that their part may cover, inside the changes that they belong to. */
function rangeAround(where: Rectangle, clusters: readonly Rectangle[]): Rectangle {
  const cluster = clusters.filter(each => overlaps(each, where)).reduce(bounds, where);
  if (area(cluster) <= LARGE) return cluster;
  const x = Math.ceil(TILE + cluster.width / 3);
  const y = Math.ceil(TILE + cluster.height / 3);
  const around = { x: where.x - x, y: where.y - y, width: where.width + 2 * x, height: where.height + 2 * y };
  return intersect(around, cluster)!;
}

/** With a margin: a film's edges sometimes stay the same. */
function grown({ x, y, width, height }: Rectangle): Rectangle {
  return { x: x - TILE, y: y - TILE, width: width + 2 * TILE, height: height + 2 * TILE };
}

function isBigEnough({ width, height }: Rectangle): boolean {
  return width >= MIN_SIDE && height >= MIN_SIDE;
}

/** The bounds of connected changes: in the same tile or in neighbouring ones, diagonals included. */
export function changeClusters(found: readonly Found[]): Rectangle[] {
  const tiles = new Map<number, Rectangle>();
  for (const each of found) {
    const key = keyOf(Math.floor(each.x / TILE), Math.floor(each.y / TILE));
    const known = tiles.get(key);
    tiles.set(key, known ? bounds(known, each) : { x: each.x, y: each.y, width: each.width, height: each.height });
  }
  const clusters: Rectangle[] = [];
  for (const [start, first] of tiles) {
    if (!tiles.delete(start)) continue;
    let cluster = first;
    const open = [start];
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      for (const near of NEIGHBOURS) {
        const tile = tiles.get(key + near);
        if (tile === undefined) continue;
        tiles.delete(key + near);
        cluster = bounds(cluster, tile);
        open.push(key + near);
      }
    }
    clusters.push(cluster);
  }
  return clusters;
}

/** One more than any column, so that the last tile of a row and the first of the next are not neighbours. */
const ROW = 4096;

function keyOf(column: number, row: number): number {
  return row * ROW + column;
}

const NEIGHBOURS = [-ROW - 1, -ROW, -ROW + 1, -1, 1, ROW - 1, ROW, ROW + 1];
