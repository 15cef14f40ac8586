import { intersect, type Rectangle, type Size, translate } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL, Framebuffer } from '../../pixels/framebuffer.js';
import type { Changes } from '../../pixels/journal.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { fitInside, Scaler } from '../../pixels/scaler.js';
import type { ScreenView } from '../../pixels/screen.js';

/**
 * A screen converted to the fixed size of the classic protocol's picture.
 *
 * `fit` scales a larger screen down, keeping its aspect ratio, and centres a smaller one without scaling. `crop` shows
 * the top left corner, pixel for pixel, like the original program. The rest is black.
 */
export class ClassicPicture {
  readonly size: Size;
  readonly #memory: PixelMemory;
  readonly #fit: 'fit' | 'crop';
  #screen: Framebuffer | null = null;
  #version = 0;
  /** Null if the screen has the picture's size and is used directly. */
  #own: Framebuffer | null = null;
  /** Null if pixels are copied one to one. */
  #scaler: Scaler | null = null;
  #at = { x: 0, y: 0 };

  constructor(memory: PixelMemory, size: Size, fit: 'fit' | 'crop') {
    this.size = size;
    this.#memory = memory;
    this.#fit = fit;
  }

  /** Valid after `update`, until the screen's framebuffer is replaced. */
  get framebuffer(): Framebuffer {
    const framebuffer = this.#own ?? this.#screen;
    if (!framebuffer) throw new Error('the picture has not been updated yet');
    return framebuffer;
  }

  /**
   * Applies the screen's changes since the last call.
   * @returns the changes of the picture: all of it for the first screen and after a change of size. Moves are only
   *   reported where the screen is used directly
   */
  update(screen: ScreenView): Changes {
    const { framebuffer } = screen;
    const another = framebuffer !== this.#screen;
    if (another) this.#follow(framebuffer);
    const own = this.#own;
    const all = { rectangles: [framebuffer.bounds], moves: [] };
    const changes = another ? all : screen.journal.changesSince(this.#version, own === null);
    this.#version = screen.version;
    if (!own) return changes;
    const written = changes.rectangles.map(part => this.#take(framebuffer, part, own)).filter(part => part !== null);
    return { rectangles: another ? [own.bounds] : written, moves: [] };
  }

  /** The part of the picture that shows a part of the screen; null: it is outside. Valid after `update`. */
  toPicture(part: Rectangle): Rectangle | null {
    const own = this.#own;
    if (!own) return part;
    if (this.#scaler) return this.#scaler.touched(part, this.#at);
    return intersect(translate(part, this.#at.x, this.#at.y), own.bounds);
  }

  free(): void {
    this.#scaler?.free();
    this.#own?.free();
    this.#scaler = null;
    this.#own = null;
    this.#screen = null;
  }

  #follow(screen: Framebuffer): void {
    // The screen last: if the memory cannot grow, the next update starts over.
    this.free();
    const { width, height } = this.size;
    if (screen.width !== width || screen.height !== height) this.#place(screen);
    this.#screen = screen;
  }

  /** Allocates a picture of its own, and where the screen goes in it. */
  #place(screen: Framebuffer): void {
    const { width, height } = this.size;
    this.#own = new Framebuffer(this.#memory, this.size);
    this.#at = { x: 0, y: 0 };
    if (this.#fit === 'crop') return;
    const larger = screen.width > width || screen.height > height;
    if (larger) {
      const place = fitInside(screen, this.size);
      this.#scaler = new Scaler(this.#memory, screen, place);
      this.#at = { x: place.x, y: place.y };
    } else {
      this.#at = { x: Math.floor((width - screen.width) / 2), y: Math.floor((height - screen.height) / 2) };
    }
  }

  #take(screen: Framebuffer, part: Rectangle, own: Framebuffer): Rectangle | null {
    if (this.#scaler) return this.#scaler.scale(screen, part, own, this.#at);
    const to = this.toPicture(part);
    if (!to) return null;
    const from = screen.at(to.x - this.#at.x, to.y - this.#at.y);
    const rowBytes = to.width * BYTES_PER_PIXEL;
    this.#memory.copyBetween(from, screen.stride, own.at(to.x, to.y), own.stride, rowBytes, to.height);
    return to;
  }
}
