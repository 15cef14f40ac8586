import type { PixelMemory } from '../pixels/pixel-memory.js';

/** A block of pixel memory for what is on its way into a framebuffer; it grows as needed and is kept between reads. */
export class Scratch {
  #block: { readonly memory: PixelMemory; readonly pointer: number; readonly length: number } | null = null;

  /** The pointer to at least `length` bytes. The memory may grow by this: take views of it afterwards. */
  take(memory: PixelMemory, length: number): number {
    if (this.#block && this.#block.memory === memory && this.#block.length >= length) return this.#block.pointer;
    this.free();
    this.#block = { memory, pointer: memory.allocate(length), length };
    return this.#block.pointer;
  }

  free(): void {
    this.#block?.memory.free(this.#block.pointer);
    this.#block = null;
  }
}
