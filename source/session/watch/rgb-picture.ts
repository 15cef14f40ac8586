import { area, bounds, type Rectangle, type Size } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { RGB_BYTES } from '../../protocols/classic/constants.js';
import { BAND, BAND_WASTE } from './tuning.js';

/** A classic frame, packed RGB, in the kernels' memory. */
export class RgbPicture {
  readonly #memory: PixelMemory;
  readonly #size: Size;
  readonly #pointer: number;
  readonly #length: number;
  readonly #found: number;

  constructor(memory: PixelMemory, size: Size) {
    this.#memory = memory;
    this.#size = { width: size.width, height: size.height };
    this.#length = area(size) * RGB_BYTES;
    this.#pointer = memory.allocate(this.#length);
    this.#found = memory.allocate(4 * Int32Array.BYTES_PER_ELEMENT);
  }

  /** A view, valid until the memory grows. */
  bytes(): Uint8Array {
    return this.#memory.bytes(this.#pointer, this.#length);
  }

  /** Copies this picture to a framebuffer of the same size; returns the parts that differed. */
  copyTo(framebuffer: Framebuffer): Rectangle[] {
    const { width, height } = this.#size;
    const { kernels, memory } = this.#memory;
    const stride = width * RGB_BYTES;
    const changed: Rectangle[] = [];
    for (let y = 0; y < height; y += BAND) {
      const rows = Math.min(BAND, height - y);
      const from = this.#pointer + y * stride;
      const to = framebuffer.pointer + y * width * BYTES_PER_PIXEL;
      if (kernels.rgbToBgrx(from, stride, to, framebuffer.stride, width, rows, this.#found) === 0) continue;
      const [left, top, span, tall] = new Int32Array(memory.buffer, this.#found, 4);
      add(changed, { x: left!, y: y + top!, width: span!, height: tall! });
    }
    return changed;
  }

  free(): void {
    this.#memory.free(this.#pointer);
    this.#memory.free(this.#found);
  }
}

function add(rectangles: Rectangle[], next: Rectangle): void {
  const last = rectangles.at(-1);
  const joined = last && bounds(last, next);
  if (joined && area(joined) <= BAND_WASTE * (area(last) + area(next))) rectangles[rectangles.length - 1] = joined;
  else rectangles.push(next);
}
