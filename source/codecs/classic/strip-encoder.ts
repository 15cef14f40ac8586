import { BufferPool } from '../../core/buffer-pool.js';
import { overlaps, type Rectangle, type Size } from '../../core/rectangle.js';
import { bgrxToRgb, type Framebuffer } from '../../pixels/framebuffer.js';
import type { Changes, Move } from '../../pixels/journal.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { type DeflatedPart, spliceZlib } from './zlib-splice.js';

/**
 * More strips cost size, fewer cost work for a small change: this many are about one per cent larger than a single
 * stream.
 */
const STRIPS = 24;
const RGB_BYTES = 3;

export interface EncodedPicture {
  /** One zlib stream, in pieces that are never modified. */
  readonly pieces: readonly Uint8Array[];
  /** The number of strips that were compressed. */
  readonly compressed: number;
}

/** The initial strips of a picture, from the top, before any scroll has moved them. */
export function stripsOf({ width, height }: Size): Rectangle[] {
  return cut(0, height, maxRows(height)).map(([y, rows]) => ({ x: 0, y, width, height: rows }));
}

function maxRows(height: number): number {
  return Math.ceil(height / STRIPS);
}

/** Splits the rows from `top` to `bottom` into equal parts of at most `max` rows. No part is larger than the first. */
function cut(top: number, bottom: number, max: number): [y: number, rows: number][] {
  const parts = Math.ceil((bottom - top) / max);
  const edge = (part: number) => top + Math.ceil(((bottom - top) * part) / parts);
  return Array.from({ length: parts }, (_, part) => [edge(part), edge(part + 1) - edge(part)]);
}

/**
 * Copies a strip of a picture as RGB.
 * @returns the strip's Adler-32 checksum
 * @param scratch room for the strip in the kernels' memory
 */
export function stageStrip(picture: Framebuffer, bounds: Rectangle, scratch: number, raw: Uint8Array): number {
  const { memory } = picture;
  bgrxToRgb(picture, bounds, scratch);
  raw.set(memory.bytes(scratch, raw.length));
  return memory.kernels.adler32(scratch, raw.length, 1) >>> 0;
}

/** Compressed rows of the picture, over its full width. */
interface Strip {
  readonly y: number;
  readonly rows: number;
  readonly part: DeflatedPart;
}

/** Rows to be compressed. Their pixels are not modified until then. */
interface Staged {
  readonly y: number;
  readonly rows: number;
  readonly buffer: Uint8Array;
  readonly raw: Uint8Array;
  readonly adler32: number;
}

/**
 * Compresses each strip into a raw deflate stream that ends with a sync flush. The strips must not change meanwhile.
 */
export type DeflateStrips = (strips: readonly Uint8Array[], level: number) => Promise<readonly Uint8Array[]>;

/** Enough for all strips of a picture, since their lengths repeat. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * Compresses pictures of one size into whole zlib streams, at a cost that depends on the change. The picture is cut
 * into strips, and an unchanged strip keeps its deflated block. Strips follow a vertical scroll if it is as wide as the
 * picture, or if the pixels beside it are the same over the whole height. Then only the new rows of a scrolled page are
 * compressed.
 */
export class StripEncoder {
  readonly #memory: PixelMemory;
  readonly #size: Size;
  readonly #deflateStrips: DeflateStrips;
  readonly #maxRows: number;
  /** Scratch in the kernels' memory: one strip as RGB, or a count for each row. */
  readonly #scratch: number;
  readonly #buffers = new BufferPool(KEPT_BYTES);
  /** From the top; between two calls they cover the whole picture. */
  #strips: Strip[] = [];
  #level: number | null = null;
  #busy = false;
  #last: Staged | null = null;

  constructor(memory: PixelMemory, size: Size, deflateStrips: DeflateStrips) {
    this.#deflateStrips = deflateStrips;
    this.#memory = memory;
    this.#size = size;
    this.#maxRows = maxRows(size.height);
    this.#scratch = memory.allocate(this.#maxRows * Math.max(size.width * RGB_BYTES, 4));
  }

  /**
   * The picture is read before this returns; afterwards it may change. One call at a time.
   * @param changes the difference from the last call; the first call and a new level compress everything
   */
  async encode(picture: Framebuffer, { moves, rectangles }: Changes, level: number): Promise<EncodedPicture> {
    if (this.#busy) throw new Error('encode() was called while the last picture was being compressed');
    const before = level === this.#level ? this.#strips : [];
    this.#level = level;
    // Forget the old strips until the new ones are complete, so that a failure in between leaves no stale blocks.
    this.#strips = [];
    const moved = moves.reduce((strips, move) => {
      return this.#moved(strips, move, strip => this.#sameBeside(picture, move, strip, moves.length > 1, rectangles));
    }, before);
    const kept = moved.filter(strip => isUntouched(strip, rectangles));
    const whole = this.#fill(kept);
    if (this.#last) this.#buffers.release(this.#last.buffer);
    const staged = whole.filter(each => each.part === null).map(each => this.#stage(picture, each.y, each.rows));
    this.#last = staged[staged.length >> 1] ?? null;
    this.#busy = true;
    try {
      const blocks = await this.#deflateStrips(
        staged.map(({ raw }) => raw),
        level,
      );
      const fresh = new Map(
        staged.map(({ y, adler32, raw }, index) => {
          return [y, { deflated: blocks[index]!, adler32, length: raw.length }] as const;
        }),
      );
      this.#strips = whole.map(({ y, rows, part }) => ({ y, rows, part: part ?? fresh.get(y)! }));
    } finally {
      this.#busy = false;
      for (const each of staged) if (each !== this.#last) this.#buffers.release(each.buffer);
    }
    const parts = this.#strips.map(strip => strip.part);
    return { pieces: spliceZlib(parts, level), compressed: staged.length };
  }

  /**
   * A copy of one of the strips compressed last, uncompressed; null if there was none. To be called between two
   * `encode` calls.
   */
  part(): Uint8Array | null {
    return this.#last && Uint8Array.from(this.#last.raw);
  }

  free(): void {
    this.#memory.free(this.#scratch);
  }

  /**
   * The strips that survive a move, at their new positions.
   * @param sameBeside whether the pixels on both sides of the moved area are the same at the strip's old and new rows
   */
  #moved(strips: readonly Strip[], { source, dx, dy }: Move, sameBeside: (strip: Strip) => boolean): Strip[] {
    const bottom = source.y + source.height;
    const stayed = strips.filter(({ y, rows }) => y + rows <= source.y + dy || y >= bottom + dy);
    if (dx !== 0) return stayed;
    const moved = strips.filter(strip => strip.y >= source.y && strip.y + strip.rows <= bottom && sameBeside(strip));
    return [...stayed, ...moved.map(strip => ({ ...strip, y: strip.y + dy }))].sort((a, b) => a.y - b.y);
  }

  /**
   * Whether the picture now has the same pixels beside the move at a strip's old and new rows. Pixels there are as they
   * were when the strip was compressed, unless one of the rectangles covers them. Margins are mostly uniform, so they
   * need not move for this.
   * @param more whether this is not the only move
   */
  #sameBeside(
    picture: Framebuffer,
    { source, dy }: Move,
    { y, rows }: Strip,
    more: boolean,
    rectangles: readonly Rectangle[],
  ): boolean {
    const right = source.x + source.width;
    const sides = [
      { x: 0, y, width: source.x, height: rows },
      { x: right, y, width: this.#size.width - right, height: rows },
    ].filter(({ width }) => width > 0);
    // Another move may have changed them.
    if (more && sides.length > 0) return false;
    return sides.every(side => {
      if (rectangles.some(each => overlaps(each, side))) return false;
      const { stride, memory } = picture;
      const [here, there] = [picture.at(side.x, y), picture.at(side.x, y + dy)];
      memory.kernels.differingRows(here, stride, there, stride, side.width, rows, this.#scratch);
      return new Int32Array(memory.memory.buffer, this.#scratch, rows).every(count => count === 0);
    });
  }

  /**
   * Fills the gaps between the kept strips. Short neighbours are merged into a gap, otherwise there would be more and
   * more strips.
   */
  #fill(kept: readonly Strip[]): { y: number; rows: number; part: DeflatedPart | null }[] {
    const whole: { y: number; rows: number; part: DeflatedPart | null }[] = [];
    let next = 0;
    for (let y = 0; y < this.#size.height; ) {
      const strip = kept[next];
      if (strip?.y === y) {
        whole.push(strip);
        next++;
        y += strip.rows;
        continue;
      }
      let top = y;
      let bottom = strip?.y ?? this.#size.height;
      const above = whole.at(-1);
      if (above?.part && above.rows + bottom - top <= this.#maxRows) {
        whole.pop();
        top = above.y;
      }
      if (strip && strip.rows + bottom - top <= this.#maxRows) {
        next++;
        bottom += strip.rows;
      }
      for (const [start, rows] of cut(top, bottom, this.#maxRows)) whole.push({ y: start, rows, part: null });
      y = bottom;
    }
    return whole;
  }

  /** Copies a strip of the picture, ready to be compressed. */
  #stage(picture: Framebuffer, y: number, rows: number): Staged {
    const { width } = this.#size;
    const length = rows * width * RGB_BYTES;
    const buffer = this.#buffers.take(length);
    const raw = buffer.subarray(0, length);
    const adler32 = stageStrip(picture, { x: 0, y, width, height: rows }, this.#scratch, raw);
    return { y, rows, buffer, raw, adler32 };
  }
}

function isUntouched({ y, rows }: Strip, rectangles: readonly Rectangle[]): boolean {
  return !rectangles.some(each => each.y < y + rows && each.y + each.height > y);
}
