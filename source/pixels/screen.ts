import { area, type Rectangle, type Size } from '../core/rectangle.js';
import { Comparer } from './difference.js';
import { BYTES_PER_PIXEL, Framebuffer } from './framebuffer.js';
import { destinationOf, Journal, type JournalEntry, type Move } from './journal.js';
import type { PixelMemory } from './pixel-memory.js';
import { Region } from './region.js';
import { ScrollDetector } from './scroll.js';
import { TileGrid } from './tile-grid.js';

interface Commit {
  readonly rectangles: readonly Rectangle[];
  readonly moves: readonly Move[];
  readonly pixels: number;
  /** Whether the framebuffer has applied the moves. */
  readonly moved: boolean;
}

export interface ScreenOptions {
  /** Whether commits detect moves. Default: true. */
  readonly scrollDetection?: boolean;
}

/** A changing picture, as viewers see it. */
export interface ScreenView {
  /** The picture as of the last commit; replaced when the size changes. */
  readonly framebuffer: Framebuffer;
  readonly journal: Journal;
  readonly grid: TileGrid;
  /** Version of the last commit or resize; 0: none yet. */
  readonly version: number;
}

/** The two framebuffers of a screen, and what compares them. Allocated as a whole or not at all. */
class Pictures {
  readonly framebuffer: Framebuffer;
  readonly incoming: Framebuffer;
  readonly comparer: Comparer;
  readonly detector: ScrollDetector | null;
  readonly #parts: { free(): void }[] = [];

  constructor(memory: PixelMemory, size: Size, scrollDetection: boolean) {
    try {
      this.framebuffer = this.#part(new Framebuffer(memory, size));
      this.incoming = this.#part(new Framebuffer(memory, size));
      this.comparer = this.#part(new Comparer(this.framebuffer, this.incoming));
      this.detector = scrollDetection
        ? this.#part(new ScrollDetector(this.comparer, this.framebuffer, this.incoming))
        : null;
    } catch (thrown) {
      this.free();
      throw thrown;
    }
  }

  free(): void {
    for (const part of this.#parts.reverse()) part.free();
  }

  #part<Part extends { free(): void }>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }
}

/** The reference picture: one framebuffer and its change history. Only `commit` writes to the framebuffer. */
export class Screen implements ScreenView {
  readonly #memory: PixelMemory;
  #pictures!: Pictures;
  #grid!: TileGrid;
  #journal!: Journal;
  #version = 0;
  readonly #scrollDetection: boolean;
  /** Areas of `incoming` that are out of date. */
  #stale: readonly Rectangle[] = [];

  constructor(memory: PixelMemory, size: Size, options: ScreenOptions = {}) {
    this.#memory = memory;
    this.#scrollDetection = options.scrollDetection ?? true;
    this.#begin(new Pictures(memory, size, this.#scrollDetection));
  }

  /** The picture as of the last commit. Replaced by `resize`. */
  get framebuffer(): Framebuffer {
    return this.#pictures.framebuffer;
  }

  /**
   * Capture writes here; everything written must be inside the damage of the next commit. After it both pictures are
   * equal. Replaced by `resize`.
   */
  get incoming(): Framebuffer {
    this.#catchUp([]);
    return this.#pictures.incoming;
  }

  /**
   * Like `incoming`, for a capture that will write all of these rectangles: their pixels may be from an older picture.
   */
  incomingFor(rectangles: readonly Rectangle[]): Framebuffer {
    this.#catchUp(rectangles);
    return this.#pictures.incoming;
  }

  get journal(): Journal {
    return this.#journal;
  }

  get grid(): TileGrid {
    return this.#grid;
  }

  /** Version of the last commit or resize; 0: none yet. */
  get version(): number {
    return this.#version;
  }

  /**
   * Copies the differences inside the damage from `incoming` to the framebuffer. The first commit takes the whole
   * picture, so that new viewers get all of it.
   * @param damage may overlap and reach outside the picture
   * @param time milliseconds, for the journal
   * @returns null when nothing differs
   */
  commit(damage: readonly Rectangle[], time: number): JournalEntry | null {
    this.#catchUp([]);
    const commit = this.#version === 0 ? this.#everything() : this.#differences(damage);
    const { rectangles, moves, pixels } = commit;
    if (pixels === 0) return null;
    this.#version++;
    for (const move of moves) this.#grid.mark(destinationOf(move), this.#version);
    for (const rectangle of rectangles) this.#grid.mark(rectangle, this.#version);
    this.#take(commit);
    const entry = { version: this.#version, time, rectangles, moves, changedPixels: pixels };
    this.#journal.append(entry);
    return entry;
  }

  /**
   * Starts over, black, at another size. Versions continue, and all earlier viewers get the whole picture. Views of and
   * pointers to the framebuffers are invalid from now on.
   * @throws PeerglassError E_MEMORY; the old picture is still there
   */
  resize(size: Size): void {
    const next = new Pictures(this.#memory, size, this.#scrollDetection);
    this.#pictures.free();
    if (this.#version > 0) this.#version++;
    this.#begin(next);
  }

  /** Frees the memory; the screen must not be used afterwards. */
  free(): void {
    this.#pictures.free();
  }

  #begin(pictures: Pictures): void {
    this.#pictures = pictures;
    this.#stale = [];
    this.#grid = new TileGrid(pictures.framebuffer, Math.max(this.#version, 1));
    this.#journal = new Journal(this.#grid, this.#version);
  }

  #everything(): Commit {
    const { bounds } = this.#pictures.framebuffer;
    return { rectangles: [bounds], moves: [], pixels: bounds.width * bounds.height, moved: true };
  }

  /** Finds the differences; the rectangles still have to be copied. */
  #differences(damage: readonly Rectangle[]): Commit {
    const { comparer, detector } = this.#pictures;
    const foreseen = detector?.foresee(damage);
    if (foreseen) {
      const rectangles = comparer.rectangles(foreseen.differences, foreseen.move);
      return { rectangles, moves: [foreseen.move], pixels: foreseen.pixels, moved: false };
    }
    const differences = comparer.compare(damage);
    const { pixels } = differences;
    const moves = detector?.detect(differences) ?? [];
    return { rectangles: comparer.rectangles(differences), moves, pixels, moved: true };
  }

  /** Copies changed areas from `incoming` to the framebuffer. */
  #take({ rectangles, moves, moved }: Commit): void {
    const { framebuffer, incoming } = this.#pictures;
    // The areas in which the two differ now.
    const changed = moved ? rectangles : [...rectangles, ...moves.map(destinationOf)];
    const pixels = changed.reduce((sum, rectangle) => sum + area(rectangle), 0);
    const fresh = !moved || moves.length === 0;
    // Mostly new: instead of copying, `incoming` becomes the picture, and the out-of-date areas of the other one are
    // copied later.
    if (fresh && pixels * 2 > area(framebuffer.bounds) && framebuffer.whenReleased() === null) {
      framebuffer.exchange(incoming);
      this.#stale = changed;
    } else for (const rectangle of changed) this.#copy(rectangle, incoming, framebuffer);
  }

  /** Brings `incoming` up to date with the framebuffer, except in these rectangles. */
  #catchUp(except: readonly Rectangle[]): void {
    if (this.#stale.length === 0) return;
    const { framebuffer, incoming } = this.#pictures;
    const stale = Region.of(this.#stale);
    for (const rectangle of except) stale.subtract(rectangle);
    for (const rectangle of stale.rectangles()) this.#copy(rectangle, framebuffer, incoming);
    this.#stale = [];
  }

  #copy({ x, y, width, height }: Rectangle, from: Framebuffer, to: Framebuffer): void {
    this.#memory.copyBetween(from.at(x, y), from.stride, to.at(x, y), to.stride, width * BYTES_PER_PIXEL, height);
  }
}
