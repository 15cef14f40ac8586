import { area, overlaps, type Rectangle } from '../core/rectangle.js';
import { PaintedCursor, type PlacedCursor } from './cursor.js';
import { BYTES_PER_PIXEL, Framebuffer } from './framebuffer.js';
import { ChangeComposer, type Changes, destinationOf, Journal, type JournalEntry } from './journal.js';
import type { PixelMemory } from './pixel-memory.js';
import { Region } from './region.js';
import type { ScreenView } from './screen.js';
import { TileGrid } from './tile-grid.js';

/**
 * A screen with the cursor painted into it, for viewers that cannot draw it themselves. It follows another screen and
 * touches only changed areas and those under the old and new cursor. It has its own versions.
 */
export class ComposedScreen implements ScreenView {
  readonly #memory: PixelMemory;
  readonly #cursor: PaintedCursor;
  #source: Framebuffer | null = null;
  /** The source's version as of the last update. */
  #seen = 0;
  #framebuffer: Framebuffer;
  #grid: TileGrid;
  #journal: Journal;
  #version = 0;

  /** @param source the screen to follow; only its size is used here */
  constructor(memory: PixelMemory, source: ScreenView) {
    this.#memory = memory;
    this.#cursor = new PaintedCursor(memory);
    this.#framebuffer = new Framebuffer(memory, source.framebuffer);
    this.#grid = new TileGrid(source.framebuffer, 1);
    this.#journal = new Journal(this.#grid, 0);
  }

  /** Replaced when the source's size changes. */
  get framebuffer(): Framebuffer {
    return this.#framebuffer;
  }

  get journal(): Journal {
    return this.#journal;
  }

  get grid(): TileGrid {
    return this.#grid;
  }

  get version(): number {
    return this.#version;
  }

  /**
   * Catches up with the source and the cursor, however many commits behind.
   * @param time milliseconds, for the journal
   * @returns null when nothing visible changed
   */
  update(source: ScreenView, cursor: PlacedCursor, time: number): JournalEntry | null {
    if (source.version === 0) return null;
    const another = source.framebuffer !== this.#source;
    if (another) this.#follow(source.framebuffer);
    const before = this.#cursor.place;
    const elsewhere = this.#cursor.set(cursor, this.#framebuffer.bounds);
    const changes = another
      ? { moves: [], rectangles: [this.#framebuffer.bounds] }
      : source.journal.changesSince(this.#seen);
    this.#seen = source.version;
    const repaint = another || elsewhere || this.#covers(changes);
    const visible = another ? changes : this.#withCursor(changes, before, repaint);
    if (visible.moves.length === 0 && visible.rectangles.length === 0) return null;
    return this.#commit(source.framebuffer, visible, repaint, time);
  }

  free(): void {
    this.#cursor.free();
    this.#framebuffer.free();
  }

  /** Starts over with a whole new picture. */
  #follow(source: Framebuffer): void {
    const resized = source.width !== this.#framebuffer.width || source.height !== this.#framebuffer.height;
    if (resized) {
      // Allocated first: if the memory cannot grow, the old picture is still there.
      const next = new Framebuffer(this.#memory, source);
      this.#framebuffer.free();
      this.#framebuffer = next;
    }
    this.#source = source;
    if (this.#version === 0 && !resized) return;
    if (this.#version > 0) this.#version++;
    this.#grid = new TileGrid(source, Math.max(this.#version, 1));
    this.#journal = new Journal(this.#grid, this.#version);
  }

  /** Whether the changes overwrite the cursor. */
  #covers({ moves, rectangles }: Changes): boolean {
    const { place } = this.#cursor;
    return place !== null && [...moves.map(destinationOf), ...rectangles].some(each => overlaps(each, place));
  }

  /**
   * The source's changes with the cursor in the picture: moves may carry the cursor along, and the pixels that they
   * leave of it are stale.
   * @param before the area of the old cursor
   * @param repaint whether the cursor is painted again
   */
  #withCursor(changes: Changes, before: Rectangle | null, repaint: boolean): Changes {
    const after = this.#cursor.place;
    if (before === null && after === null) return changes;
    const composer = new ChangeComposer();
    if (before) composer.add({ moves: [], rectangles: [before] });
    composer.add(changes);
    if (after && repaint) composer.add({ moves: [], rectangles: [after] });
    const result = composer.result(this.#framebuffer.bounds);
    if (repaint || before === null) return result;
    // Nothing came near the cursor: it stays in the picture.
    return { moves: result.moves, rectangles: Region.of(result.rectangles).subtract(before).rectangles() };
  }

  #commit(source: Framebuffer, { moves, rectangles }: Changes, repaint: boolean, time: number): JournalEntry {
    this.#version++;
    for (const rectangle of [...moves.map(destinationOf), ...rectangles]) {
      this.#copy(source, rectangle);
      this.#grid.mark(rectangle, this.#version);
    }
    if (repaint) this.#cursor.paint(this.#framebuffer);
    const changedPixels = rectangles.reduce((sum, each) => sum + area(each), 0);
    const entry = { version: this.#version, time, rectangles, moves, changedPixels };
    this.#journal.append(entry);
    return entry;
  }

  #copy(source: Framebuffer, { x, y, width, height }: Rectangle): void {
    const target = this.#framebuffer;
    const from = source.at(x, y);
    const to = target.at(x, y);
    this.#memory.copyBetween(from, source.stride, to, target.stride, width * BYTES_PER_PIXEL, height);
  }
}
