import { area, bounds, intersect, overlaps, type Rectangle, translate } from '../core/rectangle.js';
import { Region } from './region.js';
import type { TileGrid } from './tile-grid.js';

/** A part of the picture that moved: the destination is the translated source, read before writing. */
export interface Move {
  readonly source: Rectangle;
  readonly dx: number;
  readonly dy: number;
}

/** The changes of one commit: its moves in order, then the rectangles of new pixels. */
export interface JournalEntry {
  readonly version: number;
  /** Milliseconds on the committer's clock. */
  readonly time: number;
  /** New pixels: disjoint, trimmed to the differences after the moves. */
  readonly rectangles: readonly Rectangle[];
  readonly moves: readonly Move[];
  /** Pixels that differed from the version before; an estimate if samples were used. */
  readonly changedPixels: number;
}

/** The steps from a viewer's version to the current one: moves in order, then rectangles of pixels. */
export interface Changes {
  readonly rectangles: readonly Rectangle[];
  /** Empty when pixels alone cost less, or when the viewer is too far behind. */
  readonly moves: readonly Move[];
}

const MAX_ENTRIES = 256;
const MAX_RECTANGLES = 2048;

/** The last commits. Older ones are dropped: a viewer from before falls back to the tile grid. */
export class Journal {
  readonly #grid: TileGrid;
  readonly #entries: JournalEntry[] = [];
  readonly #start: number;
  #rectangles = 0;
  #cache = new Map<string, Changes>();

  /** @param version the journal's first picture; 0: none yet */
  constructor(grid: TileGrid, version: number) {
    this.#grid = grid;
    this.#start = version;
  }

  /** The initial version: the commit after it made the first picture. */
  get start(): number {
    return this.#start;
  }

  /** Version of the last commit. */
  get version(): number {
    return this.#entries.at(-1)?.version ?? this.#start;
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  append(entry: JournalEntry): void {
    this.#entries.push(entry);
    this.#rectangles += entry.rectangles.length + entry.moves.length;
    while (this.#entries.length > 1 && (this.#entries.length > MAX_ENTRIES || this.#rectangles > MAX_RECTANGLES)) {
      const oldest = this.#entries.shift()!;
      this.#rectangles -= oldest.rectangles.length + oldest.moves.length;
    }
    this.#cache.clear();
  }

  /**
   * The changes since a viewer's `version`. Always exact: the moves, then the rectangles copied from the current
   * framebuffer, give the current framebuffer.
   * @param moves false for a viewer that cannot move pixels: everything comes as rectangles
   */
  changesSince(version: number, moves = true): Changes {
    const key = `${version} ${moves}`;
    const known = this.#cache.get(key);
    if (known) return known;
    const changes = this.#compose(version, moves);
    this.#cache.set(key, changes);
    return changes;
  }

  #compose(version: number, moves: boolean): Changes {
    const first = this.#entries[0];
    if (version >= this.version) return { rectangles: [], moves: [] };
    // A viewer from before the start has another picture or none; nothing here applies to it.
    if (version < Math.max(this.#start, 1) || first === undefined || version < first.version - 1) {
      return { rectangles: this.#grid.changedSince(version), moves: [] };
    }
    const since = this.#entries.slice(version - first.version + 1);
    if (!moves || since.every(entry => entry.moves.length === 0)) {
      const moved = since.flatMap(entry => entry.moves.map(destinationOf));
      return { rectangles: Region.of([...moved, ...since.flatMap(entry => entry.rectangles)]).rectangles(), moves: [] };
    }
    const composer = new ChangeComposer();
    for (const entry of since) composer.add(entry);
    return composer.result(this.#grid.bounds);
  }
}

/** More moves are not worth a viewer's time: the rest is sent as pixels. */
const MAX_MOVES = 12;
/** Moves that save a viewer fewer pixels are not worth their bytes. */
const MIN_SPARED = 256;

/** A move for the viewer, with the data for merging it with a later one. */
interface Step {
  readonly move: Move;
  /** The stale region of the viewer's picture before this move. */
  readonly before: Region;
  /** Where the current picture differs from the previous one with the move applied. */
  readonly since: Region;
}

/**
 * Merges the entries since a viewer's version. It simulates a viewer that applies only the moves: `stale` is where its
 * picture may differ from the current one, and is sent as pixels in the end. Moves carry stale pixels along. A region
 * marked stale without need costs bytes but never gives a wrong picture.
 */
export class ChangeComposer {
  #stale = new Region();
  #steps: Step[] = [];

  add(entry: Changes): void {
    for (const move of entry.moves) this.#addMove(move);
    const changed = Region.of(entry.rectangles);
    this.#stale.add(changed);
    for (const { since } of this.#steps) since.add(changed);
  }

  /** @param picture bounds of the picture */
  result(picture: Rectangle): Changes {
    const moves = this.#neededMoves(picture);
    const moved = Region.of(this.#steps.map(step => destinationOf(step.move)));
    if (moved.copy().subtract(this.#stale).area < MIN_SPARED) {
      return { moves: [], rectangles: this.#stale.add(moved).rectangles() };
    }
    return { moves, rectangles: this.#stale.rectangles() };
  }

  #addMove(move: Move): void {
    const destination = destinationOf(move);
    const fresh = Region.of([move.source]).subtract(this.#stale).area;
    if (fresh < MIN_SPARED) {
      this.#stale.add(destination);
      for (const { since } of this.#steps) since.add(destination);
      return;
    }
    if (this.#join(move)) return;
    if (this.#steps.length === MAX_MOVES) {
      this.#stale.add(destination);
      for (const { since } of this.#steps) since.add(destination);
      return;
    }
    for (const { since } of this.#steps) since.add(destination);
    this.#steps.push({ move, before: this.#stale.copy(), since: new Region() });
    this.#stale = carried(this.#stale, move);
  }

  /** Merges this move with an earlier one if hardly a pixel more gets stale: scrolling makes many small moves. */
  #join(second: Move): boolean {
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const step = this.#steps[i]!;
      const first = step.move;
      const middle = intersect(destinationOf(first), second.source);
      const footprint = [first.source, destinationOf(first), second.source, destinationOf(second)].reduce(bounds);
      if (middle !== null) {
        // The moves between them must not interact with either.
        const between = this.#steps.slice(i + 1).flatMap(({ move }) => [move.source, destinationOf(move)]);
        return !between.some(each => overlaps(each, footprint)) && this.#replace(i, second, middle, footprint);
      }
    }
    return false;
  }

  #replace(index: number, second: Move, middle: Rectangle, footprint: Rectangle): boolean {
    const { move: first, before, since } = this.#steps[index]!;
    const source = translate(middle, -first.dx, -first.dy);
    const joined = { source, dx: first.dx + second.dx, dy: first.dy + second.dy };
    if (joined.dx === 0 && joined.dy === 0) return false;
    const destination = destinationOf(joined);
    const others = since.copy().add(destinationOf(first)).add(destinationOf(second)).subtract(destination);
    const late = since.copy().intersect(middle).translate(second.dx, second.dy);
    const inside = before.copy().intersect(source).translate(joined.dx, joined.dy).add(late);
    inside.add(before.copy().subtract(destination)).add(others).intersect(footprint);
    const stale = this.#stale.copy().subtract(footprint).add(inside);
    const oneByOne = carried(this.#stale, second);
    if (stale.area > oneByOne.area + area(destination) / 16) return false;
    this.#stale = stale;
    for (const step of this.#steps) step.since.add(destinationOf(second));
    // Later steps see the merged move early: they cannot rely on any pixel of its footprint.
    for (const step of this.#steps.slice(index + 1)) step.before.add(footprint);
    this.#steps[index] = { move: joined, before, since: others.add(late) };
    return true;
  }

  /** Drops moves that leave no visible pixel in the end. */
  #neededMoves(picture: Rectangle): Move[] {
    let needed = Region.of([picture]).subtract(this.#stale);
    const kept: Move[] = [];
    for (const { move } of this.#steps.toReversed()) {
      const destination = destinationOf(move);
      const used = needed.copy().intersect(destination);
      if (used.isEmpty) continue;
      kept.unshift(move);
      needed = needed.subtract(destination).add(used.translate(-move.dx, -move.dy));
    }
    return kept;
  }
}

export function destinationOf({ source, dx, dy }: Move): Rectangle {
  return translate(source, dx, dy);
}

/** The stale region after a move, from the one before it. */
function carried(stale: Region, move: Move): Region {
  const along = stale.copy().intersect(move.source).translate(move.dx, move.dy);
  return stale.copy().subtract(destinationOf(move)).add(along);
}
