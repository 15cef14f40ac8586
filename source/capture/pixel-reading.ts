import { area, bounds, type Rectangle } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';

/** Pixel memory for pixels on their way into a framebuffer; grows as needed and is kept between reads. */
export class Scratch {
  #block: { readonly memory: PixelMemory; readonly pointer: number; readonly length: number } | null = null;

  /** A pointer to at least `length` bytes. This may grow the memory: create views only afterwards. */
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
 * @param to their top left corner in the framebuffer
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

/** One more rectangle to read costs about as much as this many more pixels. */
const WORTH_A_READ = 4_096;
/** Above this count, comparing all pairs would cost more than it saves. */
const MANY = 128;

/**
 * Merges rectangles where the added pixels cost less than another read. The result covers all of the given ones and may
 * overlap; distant changes stay separate.
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
