import type { PixelMemory } from '../../pixels/pixel-memory.js';

/** Kernels may read this far past the end of what they were given. */
const OVERREAD = 16;

/** A block of the kernels' memory that grows to the largest size asked for and is used again and again. */
export class Scratch {
  readonly #memory: PixelMemory;
  #pointer = 0;
  #length = 0;

  constructor(memory: PixelMemory) {
    this.#memory = memory;
  }

  /** A pointer to at least `length` bytes, valid until the next call. What was in them is lost. */
  reserve(length: number): number {
    if (length + OVERREAD > this.#length) {
      this.free();
      this.#length = Math.max(length + OVERREAD, 65_536);
      this.#pointer = this.#memory.allocate(this.#length);
    }
    return this.#pointer;
  }

  /** Copies the bytes in. @returns the pointer, valid until the next call */
  load(bytes: Uint8Array): number {
    const pointer = this.reserve(bytes.length);
    this.#memory.bytes(pointer, bytes.length).set(bytes);
    return pointer;
  }

  free(): void {
    if (this.#pointer !== 0) this.#memory.free(this.#pointer);
    this.#pointer = 0;
    this.#length = 0;
  }
}
