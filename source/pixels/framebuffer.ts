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
  readonly pointer: number;
  readonly width: number;
  readonly height: number;
  readonly stride: number;

  constructor(memory: PixelMemory, size: Size) {
    this.memory = memory;
    this.width = size.width;
    this.height = size.height;
    this.stride = size.width * BYTES_PER_PIXEL;
    this.pointer = memory.allocate(this.stride * size.height);
  }

  get bounds(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** All bytes, as a view that is valid until the memory grows: take it anew in each function. */
  bytes(): Uint8Array {
    return this.memory.bytes(this.pointer, this.stride * this.height);
  }

  /** Where a pixel is, as a pointer for kernels. */
  at(x: number, y: number): number {
    return this.pointer + y * this.stride + x * BYTES_PER_PIXEL;
  }

  free(): void {
    this.memory.free(this.pointer);
  }
}
