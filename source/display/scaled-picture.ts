import type { Rectangle, Size } from '../core/rectangle.js';
import { Framebuffer } from '../pixels/framebuffer.js';
import { Scaler } from '../pixels/scaler.js';

/**
 * A scaled copy of a picture. Integer factors repeat pixels, so that text stays crisp; other factors average (smaller)
 * or interpolate (larger).
 */
export class ScaledPicture {
  readonly picture: Framebuffer;
  readonly #from: Size;
  readonly #factor: number | null;
  readonly #scaler: Scaler | null;

  constructor(source: Framebuffer, to: Size) {
    this.#from = { width: source.width, height: source.height };
    this.picture = new Framebuffer(source.memory, { width: to.width, height: to.height });
    const factor = to.width / source.width;
    const whole = Number.isInteger(factor) && to.height === source.height * factor;
    this.#factor = whole ? factor : null;
    this.#scaler = whole ? null : new Scaler(source.memory, source, to);
  }

  fits(source: Framebuffer, to: Size): boolean {
    const { picture } = this;
    const same = source.width === this.#from.width && source.height === this.#from.height;
    return same && source.memory === picture.memory && picture.width === to.width && picture.height === to.height;
  }

  /** Updates the copy after a change in part of the source; returns the part of the copy that changed. */
  update(source: Framebuffer, part: Rectangle): Rectangle {
    if (this.#factor !== null) return this.#repeat(source, part, this.#factor);
    return this.#scaler?.scale(source, part, this.picture, { x: 0, y: 0 }) ?? { x: 0, y: 0, width: 0, height: 0 };
  }

  free(): void {
    this.picture.free();
    this.#scaler?.free();
  }

  #repeat(source: Framebuffer, { x, y, width, height }: Rectangle, factor: number): Rectangle {
    const { picture } = this;
    const from = new Uint32Array(source.memory.memory.buffer, source.pointer, source.width * source.height);
    const to = new Uint32Array(picture.memory.memory.buffer, picture.pointer, picture.width * picture.height);
    for (let row = y; row < y + height; row++) {
      const first = row * factor * picture.width + x * factor;
      let target = first;
      for (let column = x; column < x + width; column++) {
        const pixel = from[row * source.width + column]!;
        for (let copy = 0; copy < factor; copy++) to[target++] = pixel;
      }
      for (let copy = 1; copy < factor; copy++) to.copyWithin(first + copy * picture.width, first, target);
    }
    return { x: x * factor, y: y * factor, width: width * factor, height: height * factor };
  }
}
