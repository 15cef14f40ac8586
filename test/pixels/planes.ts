import fc from 'fast-check';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';
import type { Plane } from '../../source/pixels/reference/compare.js';

/** A picture's place in memory: as kernels get it (pointer) and as references do (bytes, offset). */
export interface Block {
  readonly pointer: number;
  readonly length: number;
  readonly stride: number;
}

/** Sizes where kernels go wrong: widths beside a vector's, single rows and columns, rows with padding, odd pointers. */
export const shape = fc.record({
  width: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 150 })),
  height: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 140 })),
  padding: fc.integer({ min: 0, max: 5 }),
  shift: fc.integer({ min: 0, max: 7 }),
  seed: fc.integer(),
});
export type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

/** Deterministic bytes, fast enough to fill a picture for each run. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

export function block(memory: PixelMemory, { width, height, padding, shift }: Shape, pixelBytes = 4): Block {
  const stride = width * pixelBytes + padding * pixelBytes;
  const length = stride * height + shift * pixelBytes + 64;
  return { pointer: memory.allocate(length) + shift * pixelBytes, length: stride * height, stride };
}

/** A copy of a block for a reference to work on. */
export function plane(memory: PixelMemory, { pointer, length, stride }: Block): Plane {
  return { bytes: memory.bytes(pointer, length).slice(), offset: 0, stride };
}

/** Fills a block with noise of few or many values. */
export function scribble(memory: PixelMemory, { pointer, length }: Block, next: () => number, values = 256): void {
  const bytes = memory.bytes(pointer, length);
  for (let i = 0; i < length; i++) bytes[i] = Math.floor(next() * values);
}

/** Takes blocks for one run of a property and gives them all back. */
export class Blocks {
  readonly #memory: PixelMemory;
  readonly #taken: number[] = [];

  constructor(memory: PixelMemory) {
    this.#memory = memory;
  }

  take(form: Shape, pixelBytes = 4): Block {
    const { stride, pointer, length } = block(this.#memory, form, pixelBytes);
    this.#taken.push(pointer - form.shift * pixelBytes);
    return { stride, pointer, length };
  }

  bytes(length: number): number {
    const pointer = this.#memory.allocate(length);
    this.#taken.push(pointer);
    return pointer;
  }

  free(): void {
    for (const pointer of this.#taken.splice(0)) this.#memory.free(pointer);
  }
}
