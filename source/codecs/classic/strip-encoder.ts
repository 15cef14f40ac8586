import { area, overlaps, type Rectangle, type Size } from '../../core/rectangle.js';
import { bgrxToRgb } from '../../pixels/convert.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { deflateStrips } from './deflate-strip.js';
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

/** Where the strips of a picture are, from the top. */
export function stripsOf({ width, height }: Size): Rectangle[] {
  const rows = Math.ceil(height / STRIPS);
  return Array.from({ length: Math.ceil(height / rows) }, (_, index) => {
    return { x: 0, y: index * rows, width, height: Math.min(rows, height - index * rows) };
  });
}

/**
 * Copies a strip out of a picture as RGB. @returns the checksum of it
 * @param scratch where the kernels have room for it
 */
export function stageStrip(picture: Framebuffer, bounds: Rectangle, scratch: number, raw: Buffer): number {
  const { memory } = picture;
  bgrxToRgb(picture, bounds, scratch);
  raw.set(memory.bytes(scratch, raw.length));
  return memory.kernels.adler32(scratch, raw.length, 1) >>> 0;
}

interface Strip {
  readonly bounds: Rectangle;
  /** The pixels as they are being compressed: filled before, and not touched until it is done. */
  readonly raw: Buffer;
  part: DeflatedPart | null;
}

/**
 * Compresses pictures of one size into whole zlib streams, at the cost of what changed: the picture is cut into strips,
 * and a strip without a change keeps its deflated block.
 */
export class StripEncoder {
  readonly #memory: PixelMemory;
  readonly #strips: Strip[];
  /** One strip as RGB, where the kernels can reach it. */
  readonly #scratch: number;
  #level: number | null = null;
  #busy = false;
  #last: Strip | null = null;

  constructor(memory: PixelMemory, size: Size) {
    this.#memory = memory;
    this.#strips = stripsOf(size).map(bounds => ({ bounds, raw: Buffer.alloc(area(bounds) * RGB_BYTES), part: null }));
    this.#scratch = memory.allocate(this.#strips[0]!.raw.length);
  }

  /**
   * The picture is read before this returns; afterwards it may change. One call at a time.
   * @param changed what differs from the call before; the first call and another level take everything
   */
  async encode(picture: Framebuffer, changed: readonly Rectangle[], level: number): Promise<EncodedPicture> {
    if (this.#busy) throw new Error('one picture at a time: its strips are being compressed');
    if (level !== this.#level) {
      for (const strip of this.#strips) strip.part = null;
      this.#level = level;
    }
    const dirty = this.#strips.filter(strip => !strip.part || changed.some(each => overlaps(each, strip.bounds)));
    this.#last = dirty[dirty.length >> 1] ?? null;
    const checksums = dirty.map(strip => this.#stage(picture, strip));
    this.#busy = true;
    try {
      const raw = dirty.map(strip => strip.raw);
      const blocks = await deflateStrips(raw, level);
      for (const [index, strip] of dirty.entries()) {
        strip.part = { deflated: blocks[index]!, adler32: checksums[index]!, length: strip.raw.length };
      }
    } finally {
      this.#busy = false;
    }
    const parts = this.#strips.map(strip => strip.part!);
    return { pieces: spliceZlib(parts, level), compressed: dirty.length };
  }

  /** A copy of one strip that was compressed last, before compression, between two calls; null when there was none. */
  part(): Buffer | null {
    return this.#last && Buffer.from(this.#last.raw);
  }

  free(): void {
    this.#memory.free(this.#scratch);
  }

  /** Copies a strip out of the picture and answers its checksum. */
  #stage(picture: Framebuffer, strip: Strip): number {
    // Until it is compressed the strip has no block: a failure in between must not leave an old one.
    strip.part = null;
    return stageStrip(picture, strip.bounds, this.#scratch, strip.raw);
  }
}
