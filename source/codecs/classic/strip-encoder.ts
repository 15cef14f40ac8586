import { overlaps, type Rectangle, type Size } from '../../core/rectangle.js';
import { bgrxToRgb, type Framebuffer } from '../../pixels/framebuffer.js';
import type { Changes, Move } from '../../pixels/journal.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { BufferPool } from '../encode/buffer-pool.js';
import { type DeflatedPart, spliceZlib } from './zlib-splice.js';

/** As many as cost about one per cent in size over one piece, and spare most of the work for a small change. */
const STRIPS = 24;
const RGB_BYTES = 3;

export interface EncodedPicture {
  /** One zlib stream, in pieces that never change. */
  readonly pieces: readonly Uint8Array[];
  /** Strips that had to be compressed. */
  readonly compressed: number;
}

/** Where the strips of a picture are, from the top, before anything has moved. */
export function stripsOf({ width, height }: Size): Rectangle[] {
  return cut(0, height, maxRows(height)).map(([y, rows]) => ({ x: 0, y, width, height: rows }));
}

function maxRows(height: number): number {
  return Math.ceil(height / STRIPS);
}

/** Rows from `top` up to `bottom` in equal parts of at most so many, of which none is larger than the first. */
function cut(top: number, bottom: number, most: number): [y: number, rows: number][] {
  const parts = Math.ceil((bottom - top) / most);
  const edge = (part: number) => top + Math.ceil(((bottom - top) * part) / parts);
  return Array.from({ length: parts }, (_, part) => [edge(part), edge(part + 1) - edge(part)]);
}

/**
 * Copies a strip out of a picture as RGB. @returns the checksum of it
 * @param scratch where the kernels have room for it
 */
export function stageStrip(picture: Framebuffer, bounds: Rectangle, scratch: number, raw: Uint8Array): number {
  const { memory } = picture;
  bgrxToRgb(picture, bounds, scratch);
  raw.set(memory.bytes(scratch, raw.length));
  return memory.kernels.adler32(scratch, raw.length, 1) >>> 0;
}

/** Whole rows of the picture, compressed. */
interface Strip {
  readonly y: number;
  readonly rows: number;
  readonly part: DeflatedPart;
}

/** Whole rows that are to be compressed. The pixels are not touched until that is done. */
interface Staged {
  readonly y: number;
  readonly rows: number;
  readonly buffer: Uint8Array;
  readonly raw: Uint8Array;
  readonly adler32: number;
}

/** Compresses each into a raw deflate stream that ends with a sync flush; none of them changes meanwhile. */
export type DeflateStrips = (strips: readonly Uint8Array[], level: number) => Promise<readonly Uint8Array[]>;

/** Enough for all strips of a picture: the lengths repeat. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * Compresses pictures of one size into whole zlib streams, at the cost of what changed: the picture is cut into strips,
 * and a strip without a change keeps its deflated block. Strips go along with what moves up or down, where there is nothing
 * beside it or the same all the way: of a page that scrolls only what is new is compressed.
 */
export class StripEncoder {
  readonly #memory: PixelMemory;
  readonly #size: Size;
  readonly #deflateStrips: DeflateStrips;
  readonly #maxRows: number;
  /** One strip as RGB, or a number for each row, where the kernels can reach it. */
  readonly #scratch: number;
  readonly #buffers = new BufferPool(KEPT_BYTES);
  /** From the top; between two calls they are the whole picture. */
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
   * @param changes what differs from the call before; the first call and another level take everything
   */
  async encode(picture: Framebuffer, { moves, rectangles }: Changes, level: number): Promise<EncodedPicture> {
    if (this.#busy) throw new Error('one picture at a time: its strips are being compressed');
    const before = level === this.#level ? this.#strips : [];
    this.#level = level;
    // Until all is compressed nothing counts: a failure in between must not leave old blocks.
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

  /** A copy of one strip that was compressed last, before compression, between two calls; null when there was none. */
  part(): Uint8Array | null {
    return this.#last && Uint8Array.from(this.#last.raw);
  }

  free(): void {
    this.#memory.free(this.#scratch);
  }

  /**
   * The strips that are still whole after a move, where they are then.
   * @param sameBeside whether a strip finds there what it had on both sides of what moves
   */
  #moved(strips: readonly Strip[], { source, dx, dy }: Move, sameBeside: (strip: Strip) => boolean): Strip[] {
    const bottom = source.y + source.height;
    const stayed = strips.filter(({ y, rows }) => y + rows <= source.y + dy || y >= bottom + dy);
    if (dx !== 0) return stayed;
    const moved = strips.filter(strip => strip.y >= source.y && strip.y + strip.rows <= bottom && sameBeside(strip));
    return [...stayed, ...moved.map(strip => ({ ...strip, y: strip.y + dy }))].sort((a, b) => a.y - b.y);
  }

  /**
   * Whether the picture, as it is now, shows the same beside the move in the rows of a strip and where those go. What a
   * strip had there when it was compressed is still there unless it is one of the rectangles. Margins are mostly the same
   * all the way, and are not moved for it.
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
    // Another move may have been there.
    if (more && sides.length > 0) return false;
    return sides.every(side => {
      if (rectangles.some(each => overlaps(each, side))) return false;
      const { stride, memory } = picture;
      const [here, there] = [picture.at(side.x, y), picture.at(side.x, y + dy)];
      memory.kernels.differingRows(here, stride, there, stride, side.width, rows, this.#scratch);
      return new Int32Array(memory.memory.buffer, this.#scratch, rows).every(count => count === 0);
    });
  }

  /** The strips, and between them what has to be compressed; short ones beside that are taken into it, lest there be ever more. */
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

  /** Copies a strip out of the picture. */
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
