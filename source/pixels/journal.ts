import type { Rectangle } from '../core/rectangle.js';
import { ChangeComposer, destinationOf } from './compose-changes.js';
import { Region } from './region.js';
import type { TileGrid } from './tile-grid.js';

/** A part of the picture that went elsewhere: the destination is the source translated, read as it was before. */
export interface Move {
  readonly source: Rectangle;
  readonly dx: number;
  readonly dy: number;
}

/** What one commit did: first its moves, one after the other, then the rectangles with new pixels. */
export interface JournalEntry {
  readonly version: number;
  /** Milliseconds, on the clock of the commit. */
  readonly time: number;
  /** New pixels: disjoint, trimmed to what differs after the moves. */
  readonly rectangles: readonly Rectangle[];
  readonly moves: readonly Move[];
  /** Pixels that really differed from the version before; about as many where that was told by samples. */
  readonly changedPixels: number;
}

/** How a viewer gets from its version to the present: the moves in their order, then the rectangles as pixels. */
export interface Changes {
  readonly rectangles: readonly Rectangle[];
  /** Empty when pixels alone are better, or when the viewer is too far behind. */
  readonly moves: readonly Move[];
}

const MAX_ENTRIES = 256;
const MAX_RECTANGLES = 2048;

/** The last commits. What is older has been forgotten: a cursor from before falls back to the tile grid. */
export class Journal {
  readonly #grid: TileGrid;
  readonly #entries: JournalEntry[] = [];
  readonly #start: number;
  #rectangles = 0;
  #cache = new Map<string, Changes>();

  /** @param version of the picture that the journal starts from; 0: there is none yet */
  constructor(grid: TileGrid, version: number) {
    this.#grid = grid;
    this.#start = version;
  }

  /** The version that it started from: the commit after that one made the first picture. */
  get start(): number {
    return this.#start;
  }

  /** Of the last commit. */
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
   * What a viewer that has `version` lacks. Always exact: moves first, then the rectangles copied from the present
   * framebuffer, give the present framebuffer.
   * @param moves false for a viewer that cannot move pixels: all comes as rectangles
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
    // A cursor from before the start has another picture, or none, that nothing here could be applied to.
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
