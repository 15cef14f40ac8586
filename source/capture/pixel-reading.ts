import { area, bounds, type Rectangle } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';
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

/**
 * Copies 4-byte pixels from packed rows, `width` pixels each, into a framebuffer.
 *
 * @param from where the pixels lie in the rows
 * @param to where they go: its corner counts, the size is that of `from`
 */
export function copyPixels(
  rows: Buffer,
  width: number,
  from: Rectangle,
  framebuffer: Framebuffer,
  to: { readonly x: number; readonly y: number },
): void {
  const target = framebuffer.bytes();
  const stride = width * BYTES_PER_PIXEL;
  const length = from.width * BYTES_PER_PIXEL;
  let source = from.y * stride + from.x * BYTES_PER_PIXEL;
  let place = to.y * framebuffer.stride + to.x * BYTES_PER_PIXEL;
  if (length === stride && length === framebuffer.stride) {
    rows.copy(target, place, source, source + length * from.height);
    return;
  }
  for (let row = 0; row < from.height; row++) {
    rows.copy(target, place, source, source + length);
    source += stride;
    place += framebuffer.stride;
  }
}

/** Reading one rectangle more costs about as much as reading that many pixels more. */
const WORTH_A_READ = 4_096;
/** Above this many the thorough pairing below would cost more than it saves. */
const MANY = 128;

/**
 * Fewer rectangles that hold all of the given ones: two become one where the pixels that this adds cost less than
 * another read. Changes in far corners stay apart. The result may overlap.
 */
export function coalesce(rectangles: readonly Rectangle[]): Rectangle[] {
  const merged = rectangles.length > MANY ? thin(rectangles) : [...rectangles];
  for (let index = 0; index < merged.length; index++) {
    let current = merged[index]!;
    for (let other = index + 1; other < merged.length; other++) {
      const candidate = merged[other]!;
      const both = bounds(current, candidate);
      if (area(both) > area(current) + area(candidate) + WORTH_A_READ) continue;
      current = both;
      merged[index] = both;
      merged.splice(other, 1);
      // The grown rectangle may now be close to one that was too far before.
      other = index;
    }
  }
  return merged;
}

/** Regions come in rows from the top, so neighbours in the list are neighbours on the screen. */
function thin(rectangles: readonly Rectangle[]): Rectangle[] {
  const group = Math.ceil(rectangles.length / MANY);
  const result: Rectangle[] = [];
  for (let start = 0; start < rectangles.length; start += group) {
    result.push(rectangles.slice(start, start + group).reduce(bounds));
  }
  return result;
}
