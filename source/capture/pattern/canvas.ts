import { intersect, type Rectangle, type Size } from '../../core/rectangle.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, hasInk } from './font.js';

/** A picture to draw on, outside of the kernels' memory. Pixels are 0xrrggbb: BGRX in memory. */
export class Canvas implements Size {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;

  constructor(size: Size) {
    this.width = size.width;
    this.height = size.height;
    this.pixels = new Uint32Array(size.width * size.height);
  }

  get bounds(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** Fills a rectangle. All drawing is clipped to the canvas. */
  fill(rectangle: Rectangle, colour: number): void {
    const part = intersect(rectangle, this.bounds);
    if (!part) return;
    for (let y = part.y; y < part.y + part.height; y++) {
      const start = y * this.width + part.x;
      this.pixels.fill(colour, start, start + part.width);
    }
  }

  /** Colours each pixel of the rectangle by `shade`, which gets its place inside it; null leaves the pixel as it is. */
  paint(rectangle: Rectangle, shade: (x: number, y: number) => number | null): void {
    const part = intersect(rectangle, this.bounds);
    if (!part) return;
    for (let y = part.y; y < part.y + part.height; y++) {
      for (let x = part.x; x < part.x + part.width; x++) {
        const colour = shade(x - rectangle.x, y - rectangle.y);
        if (colour !== null) this.pixels[y * this.width + x] = colour;
      }
    }
  }

  text(line: string, x: number, y: number, scale: number, colour: number): void {
    for (const [index, character] of [...line].entries()) {
      const left = x + index * (GLYPH_WIDTH + 1) * scale;
      if (left + GLYPH_WIDTH * scale <= 0 || left >= this.width) continue;
      for (let row = 0; row < GLYPH_HEIGHT; row++) {
        for (let column = 0; column < GLYPH_WIDTH; column++) {
          if (!hasInk(character, column, row)) continue;
          this.fill({ x: left + column * scale, y: y + row * scale, width: scale, height: scale }, colour);
        }
      }
    }
  }

  /** Draws a whole canvas at a place; pixels of 0 are transparent. */
  stamp(sprite: Canvas, x: number, y: number): void {
    const part = intersect({ x, y, width: sprite.width, height: sprite.height }, this.bounds);
    if (!part) return;
    for (let row = part.y; row < part.y + part.height; row++) {
      let from = (row - y) * sprite.width + part.x - x;
      let to = row * this.width + part.x;
      for (const end = to + part.width; to < end; to++, from++) {
        const colour = sprite.pixels[from];
        if (colour) this.pixels[to] = colour;
      }
    }
  }

  /** Copies a rectangle from the same place of a canvas of the same size. */
  copyFrom(source: Canvas, rectangle: Rectangle): void {
    const part = intersect(rectangle, this.bounds);
    if (!part) return;
    for (let y = part.y; y < part.y + part.height; y++) {
      const start = y * this.width + part.x;
      this.pixels.set(source.pixels.subarray(start, start + part.width), start);
    }
  }
}

/** Blends two colours; `share` is 0 for `a` and 1 for `b`. */
export function mix(a: number, b: number, share: number): number {
  const channel = (shift: number) => {
    const from = (a >> shift) & 0xff;
    return Math.round(from + (((b >> shift) & 0xff) - from) * share) << shift;
  };
  return channel(16) | channel(8) | channel(0);
}
