import { intersect, type Rectangle, type Size, sameRectangle } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from './framebuffer.js';
import type { PixelMemory } from './pixel-memory.js';

/** The cursor image: RGBA with premultiplied alpha, rows from the top. */
export interface CursorShape extends Size {
  readonly rgba: Uint8Array;
  readonly hotspotX: number;
  readonly hotspotY: number;
  /** Changes with the image. */
  readonly serial: number;
}

/** The cursor in the source's coordinates (it may be outside); a null shape is invisible. */
export interface PlacedCursor {
  readonly x: number;
  readonly y: number;
  readonly shape: CursorShape | null;
}

const EMPTY: Rectangle = { x: 0, y: 0, width: 0, height: 0 };

/** The cursor, ready to be painted: its image in the kernels' memory and its visible area on the screen. */
export class PaintedCursor {
  readonly #memory: PixelMemory;
  #pointer: number | null = null;
  #shape: CursorShape | null = null;
  /** The opaque part of the shape, from its corner. */
  #visible: Rectangle = EMPTY;
  #x = 0;
  #y = 0;
  #place: Rectangle | null = null;

  constructor(memory: PixelMemory) {
    this.#memory = memory;
  }

  /** The area of the screen that it covers, or null. */
  get place(): Rectangle | null {
    return this.#place;
  }

  /**
   * @param screen bounds of the screen
   * @returns whether its visible area or look changed
   */
  set({ x, y, shape }: PlacedCursor, screen: Rectangle): boolean {
    const another = shape?.serial !== this.#shape?.serial;
    const before = this.#place;
    if (another) this.#take(shape);
    this.#x = x - (shape?.hotspotX ?? 0);
    this.#y = y - (shape?.hotspotY ?? 0);
    const { width, height } = this.#visible;
    this.#place = intersect({ x: this.#x + this.#visible.x, y: this.#y + this.#visible.y, width, height }, screen);
    if (before === null || this.#place === null) return before !== this.#place;
    return another || !sameRectangle(before, this.#place);
  }

  paint(target: Framebuffer): void {
    if (this.#place === null || this.#pointer === null || this.#shape === null) return;
    const { x, y, width, height } = this.#place;
    const stride = this.#shape.width * BYTES_PER_PIXEL;
    const from = this.#pointer + (y - this.#y) * stride + (x - this.#x) * BYTES_PER_PIXEL;
    this.#memory.kernels.blendPremultiplied(from, stride, target.at(x, y), target.stride, width, height);
  }

  free(): void {
    if (this.#pointer !== null) this.#memory.free(this.#pointer);
    this.#pointer = null;
  }

  #take(shape: CursorShape | null): void {
    this.free();
    this.#shape = shape;
    this.#visible = shape ? visiblePart(shape) : EMPTY;
    if (shape === null) return;
    const length = shape.width * shape.height * BYTES_PER_PIXEL;
    this.#pointer = this.#memory.allocate(length);
    this.#memory.bytes(this.#pointer, length).set(shape.rgba.subarray(0, length));
  }
}

function visiblePart({ width, height, rgba }: CursorShape): Rectangle {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * BYTES_PER_PIXEL;
      if (rgba.subarray(at, at + BYTES_PER_PIXEL).every(byte => byte === 0)) continue;
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + 1);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return right > left ? { x: left, y: top, width: right - left, height: bottom - top } : EMPTY;
}
