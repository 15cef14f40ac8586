import { area, intersect, type Rectangle, type Size } from '../../source/core/rectangle.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { JournalEntry } from '../../source/pixels/journal.js';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';
import { Screen } from '../../source/pixels/screen.js';
import { apply, type Draw, expectSame, paint } from './pictures.js';

/** What a stage shows where nothing was drawn. */
export const ground: Draw = (x, y) => (x * 3 + y * 5 > 2000 ? 0x406080 : 0x305070);

/** A screen with a background, and entries checked against the picture before as they come. */
export class Stage {
  readonly screen: Screen;
  readonly #before: Framebuffer;

  constructor(memory: PixelMemory, size: Size) {
    this.screen = new Screen(memory, size);
    this.#before = new Framebuffer(memory, size);
    paint(this.screen.incoming, this.screen.incoming.bounds, ground);
    this.screen.commit([], 0);
  }

  draw(where: Rectangle, draw: Draw): void {
    const part = intersect(where, this.screen.incoming.bounds);
    if (part) paint(this.screen.incoming, part, draw);
  }

  /** As a capture does it that reads just this. */
  capture(where: Rectangle, draw: Draw): void {
    paint(this.screen.incomingFor([where]), where, draw);
  }

  /** @param look whether `incoming` is looked at as well, which brings it up to date */
  commit(damage: readonly Rectangle[] = [this.screen.framebuffer.bounds], look = true): JournalEntry | null {
    this.#before.bytes().set(this.screen.framebuffer.bytes());
    const entry = this.screen.commit(damage, 0);
    if (entry) apply(this.#before, entry, this.screen.framebuffer);
    expectSame(this.#before, this.screen.framebuffer);
    if (look) expectSame(this.screen.framebuffer, this.screen.incoming);
    return entry;
  }

  free(): void {
    this.screen.free();
    this.#before.free();
  }
}

/** Pixels that a commit sends. */
export function sent(entry: JournalEntry | null): number {
  return entry === null ? 0 : entry.rectangles.reduce((sum, each) => sum + area(each), 0);
}
