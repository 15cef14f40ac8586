import type { Rectangle, Size } from '../core/rectangle.js';
import type { PixelMemory } from './pixel-memory.js';

export const BYTES_PER_PIXEL = 4;

/**
 * A picture in the memory of the WASM kernels.
 *
 * Layout: rows from the top, `stride` bytes apart, no padding between rows; a pixel is 4 bytes, B, G, R, X.
 * X has no meaning: kernels ignore it when they compare.
 */
export class Framebuffer {
  readonly memory: PixelMemory;
  #pointer: number;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly bounds: Rectangle;
  #holders = 0;
  #freed = false;
  #released: (() => void)[] = [];

  constructor(memory: PixelMemory, size: Size) {
    this.memory = memory;
    this.width = size.width;
    this.height = size.height;
    this.stride = size.width * BYTES_PER_PIXEL;
    this.bounds = { x: 0, y: 0, width: size.width, height: size.height };
    this.#pointer = memory.allocatePages(this.stride * size.height);
  }

  /** Pointer to the first pixel; `exchange` changes it. */
  get pointer(): number {
    return this.#pointer;
  }

  /** All bytes, as a view that is valid until the memory grows: take a new one in each function. */
  bytes(): Uint8Array {
    return this.memory.bytes(this.#pointer, this.stride * this.height);
  }

  /** The pointer to a pixel, for kernels. */
  at(x: number, y: number): number {
    return this.#pointer + y * this.stride + x * BYTES_PER_PIXEL;
  }

  /**
   * Keeps the memory allocated while another thread reads or writes the pixels. Nothing is locked: before writing,
   * await `whenReleased`.
   * @returns the function that releases the hold, to be called once
   */
  hold(): () => void {
    this.#holders++;
    return () => {
      this.#holders--;
      if (this.#holders > 0) return;
      if (this.#freed) this.memory.free(this.#pointer);
      const released = this.#released;
      this.#released = [];
      for (const resolve of released) resolve();
    };
  }

  /**
   * Null when nobody holds the pixels. Otherwise resolves at the next moment without holders; a new hold may follow.
   */
  whenReleased(): Promise<void> | null {
    return this.#holders === 0 ? null : new Promise(resolve => this.#released.push(resolve));
  }

  /** Swaps the pixels with another picture of the same size. Nobody may hold either. */
  exchange(other: Framebuffer): void {
    const pointer = this.#pointer;
    this.#pointer = other.#pointer;
    other.#pointer = pointer;
  }

  /** Frees the memory once nobody holds it any more. */
  free(): void {
    this.#freed = true;
    if (this.#holders === 0) this.memory.free(this.#pointer);
  }
}

/** Writes a rectangle as packed RGB (`width * height * 3` bytes, rows from the top) to a pointer in the same memory. */
export function bgrxToRgb(framebuffer: Framebuffer, rectangle: Rectangle, target: number): void {
  const { x, y, width, height } = rectangle;
  framebuffer.memory.kernels.bgrxToRgb(framebuffer.at(x, y), framebuffer.stride, target, width * 3, width, height);
}
