import type { PeerglassError } from '../../core/errors.js';
import { area, type Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { cutRows } from '../../pixels/kernel-threads.js';
import type { Kernels } from '../../pixels/kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { KEPT_BYTES, PutOff } from '../decode/put-off.js';
import { Scratch, undecodable } from '../decode/rectangle-decoder.js';
import type { EncodeJob, EncodeScratch } from '../encode/encode-job.js';
import { rowsOf } from '../encode/wire-pixels.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';

/** The data of a Cosine rectangle (docs/cosine.md). */

/** The header, one byte each: a signature that differs from JPEG's 0xff, the steps of luma and chroma in quarters. */
export const COSINE_HEAD = { sign: 0, luma: 1, chroma: 2, bytes: 3 } as const;
/** "C". */
export const COSINE_SIGN = 0x43;

/** Pixels of a macroblock. */
export const COSINE_MACRO = { width: 64, height: 16 } as const;

/** The maximum length of a unit in bytes. */
export const MAX_COSINE_UNIT = 1 + 32 + 64 * 16;

/** In a smaller rectangle most of the macroblocks would be padding. */
const MIN_WIDTH = 32;
const MIN_HEIGHT = 8;

const QUARTERS = 4;
/** One byte in the header. */
const MAX_STEP = 255;
/** Quantiser steps at JPEG's quality 50. With them the bench's photograph looks at 92 as it does with 4:4:4. */
const LUMA_STEP = 29.7;
const CHROMA_STEP = 23.4;

/** Whether Cosine is better than JPEG at the quality `judged` for this photograph. */
export function suitsCosine({ rectangle }: EncodeJob, judged: JpegQuality): boolean {
  if (judged.subsampling !== '4:2:0') return false;
  return rectangle.width >= MIN_WIDTH && rectangle.height >= MIN_HEIGHT;
}

/**
 * Encodes a photograph as Cosine (docs/cosine.md), with the same losses as JPEG at this quality.
 * @returns the data, in parts; valid until the scratch memory is reused
 */
export function encodeCosine(
  { framebuffer, rectangle }: EncodeJob,
  { quality }: JpegQuality,
  scratch: EncodeScratch,
): readonly Uint8Array[] {
  const { memory } = framebuffer;
  const { width, height } = rectangle;
  const padded = (length: number, step: number) => Math.ceil(length / step) * step;
  const rowPixels = padded(width, COSINE_MACRO.width);
  scratch.reserve(rowPixels * padded(height, COSINE_MACRO.height));
  const [luma, chroma] = [stepOf(quality, LUMA_STEP), stepOf(quality, CHROMA_STEP)];
  const head = new Uint8Array(COSINE_HEAD.bytes);
  head[COSINE_HEAD.sign] = COSINE_SIGN;
  head[COSINE_HEAD.luma] = luma;
  head[COSINE_HEAD.chroma] = chroma;
  const { pointer, stride } = rowsOf(framebuffer, rectangle);
  const { wide, packed } = scratch;
  const { threads } = memory;
  // Rows of macroblocks depend on nothing above them: strips of them, one after the other, are the whole.
  const rows = Math.ceil(height / COSINE_MACRO.height);
  const most = Math.min(rows, Math.floor((packed - wide) / STRIP_SCRATCH));
  const parts = threads?.partsOf('encodeCosine', width * height, most) ?? 1;
  if (parts === 1) {
    const length = memory.kernels.encodeCosine(pointer, stride, width, height, luma, chroma, wide, packed);
    return [head, memory.bytes(packed, length)];
  }
  const strips = cutRows(height, parts, COSINE_MACRO.height);
  const placeOf = (from: number) => packed + from * rowPixels * PACKED;
  const calls = strips.map(({ from, to }, index) => {
    const places = [wide + index * STRIP_SCRATCH, placeOf(from)] as const;
    return [pointer + from * stride, stride, width, to - from, luma, chroma, ...places] as const;
  });
  const lengths = threads!.run('encodeCosine', calls);
  return [head, ...strips.map(({ from }, index) => memory.bytes(placeOf(from), lengths[index]!))];
}

/** Bytes of `scratch.packed` for each pixel, and of the kernel's working memory for each strip. */
const PACKED = 5;
const STRIP_SCRATCH = 9600;

/**
 * The step in quarters, as in the header; at least 1.
 * @param quality on libjpeg's scale
 */
function stepOf(quality: number, step: number): number {
  return Math.min(Math.max(QUARTERS, Math.round((2 - quality / 50) * step * QUARTERS)), MAX_STEP);
}

/**
 * The maximum size of a rectangle, which takes some 20 ms to decode in one piece. A sharer sends cells of at most
 * 256x256.
 */
const MAX_PIXELS = 2048 * 2048;

/** Whether the data in the place of a JPEG are Cosine. */
export function isCosine(data: Uint8Array): boolean {
  return data[COSINE_HEAD.sign] === COSINE_SIGN;
}

/** The working memory of one rectangle. */
interface Desk {
  readonly source: Scratch;
  readonly planes: Scratch;
}

type Call = Parameters<Kernels['decodeCosine']>;

/** A rectangle that is put off. */
interface Work {
  readonly call: Call;
  readonly desk: Desk;
}

/**
 * Cosine (docs/cosine.md). Where there are threads, large rectangles are decoded together: each on a thread of its own,
 * or in strips where there are fewer of them.
 */
export class CosineDecoder {
  /** One for each rectangle that is put off. */
  readonly #desks: Desk[] = [];
  readonly #putOff = new PutOff<Work>(works => this.#decode(works));
  #memory: PixelMemory | null = null;

  /**
   * Paints a rectangle at once, or returns a promise for what `finish` will do.
   * @throws (or rejects with) PeerglassError E_RFB_DECODE
   */
  paint(data: Uint8Array, rectangle: Rectangle, framebuffer: Framebuffer): 'done' | Promise<void> {
    const { width, height } = rectangle;
    const [luma, chroma] = [data[COSINE_HEAD.luma], data[COSINE_HEAD.chroma]];
    if (!luma || !chroma) throw undecodable('Cosine', 'without its steps');
    if (area(rectangle) > MAX_PIXELS) throw undecodable('Cosine', `with more than ${MAX_PIXELS} pixels`);
    const { memory, stride } = framebuffer;
    const { threads } = memory;
    this.#memory = memory;
    const desk = this.#desk(this.#putOff.works.length, memory);
    const length = data.length - COSINE_HEAD.bytes;
    // The kernel checks for the end of its input only before each unit.
    const from = desk.source.reserve(length + MAX_COSINE_UNIT);
    memory.bytes(from, length).set(data.subarray(COSINE_HEAD.bytes));
    const to = framebuffer.at(rectangle.x, rectangle.y);
    const working = desk.planes.reserve(planeBytes(width));
    const call: Call = [from, length, to, stride, width, height, luma, chroma, working, 0, 0];
    if (threads === null || threads.partsOf('decodeCosine', area(rectangle), 2) === 1) {
      if (!memory.kernels.decodeCosine(...call)) throw damaged();
      return 'done';
    }
    return this.#putOff.add({ call, desk }, length + planeBytes(width), threads.count);
  }

  /** Decodes what was put off. */
  finish(): void {
    this.#putOff.finish();
  }

  #decode(works: readonly Work[]): (PeerglassError | null)[] {
    const { threads, kernels } = this.#memory!;
    const strips = Math.ceil((threads?.count ?? 1) / works.length);
    const calls = works.map(each => this.#stripsOf(each, strips));
    const flat = calls.flat();
    const results =
      flat.length > 1 && threads ? threads.run('decodeCosine', flat) : flat.map(call => kernels.decodeCosine(...call));
    let at = 0;
    return works.map(({ desk }, index) => {
      const { length } = calls[index]!;
      const whole = length > 0 && results.slice(at, at + length).every(result => result === 1);
      at += length;
      desk.source.trim(KEPT_BYTES);
      desk.planes.trim(KEPT_BYTES);
      return whole ? null : damaged();
    });
  }

  /** The calls that decode a rectangle, in at most so many strips; none if it is damaged. */
  #stripsOf({ call, desk }: Work, most: number): readonly Call[] {
    const [from, length, to, stride, width, height, luma, chroma] = call;
    const { threads, kernels, memory } = this.#memory!;
    const rows = Math.ceil(height / COSINE_MACRO.height);
    const worthwhile = threads?.partsOf('decodeCosine', width * height, Math.floor(rows / MIN_STRIP_ROWS)) ?? 1;
    const parts = Math.min(most, worthwhile);
    if (parts <= 1) return [call];
    const planes = desk.planes.reserve(planeBytes(width) * parts + (rows + 1) * 4);
    const table = planes + planeBytes(width) * parts;
    if (!kernels.findCosineRows(from, length, width, height, table)) return [];
    const starts = new Int32Array(memory.buffer, table, rows + 1);
    return cutRows(rows, parts).map((strip, index) => {
      // Chroma is interpolated from the rows of macros on both sides.
      const [above, below] = [strip.from > 0 ? 1 : 0, strip.to < rows ? 1 : 0];
      const [first, last] = [strip.from - above, strip.to + below];
      const top = first * COSINE_MACRO.height;
      const [start, bottom] = [starts[first]!, Math.min(last * COSINE_MACRO.height, height)];
      const source = [from + start, starts[last]! - start, to + top * stride, stride] as const;
      return [...source, width, bottom - top, luma, chroma, planes + planeBytes(width) * index, above, below];
    });
  }

  /** What was put off is never painted. */
  free(): void {
    this.#putOff.drop();
    for (const { source, planes } of this.#desks) {
      source.free();
      planes.free();
    }
  }

  #desk(index: number, memory: Framebuffer['memory']): Desk {
    this.#desks[index] ??= { source: new Scratch(memory), planes: new Scratch(memory) };
    return this.#desks[index];
  }
}

function damaged(): PeerglassError {
  return undecodable('Cosine', 'that is damaged');
}

/** In lower strips too much would be the chroma of their neighbours, which is decoded twice. */
const MIN_STRIP_ROWS = 4;

/** The kernel's working memory: whole cache lines. */
function planeBytes(width: number): number {
  return 100 * Math.ceil(width / COSINE_MACRO.width) * COSINE_MACRO.width + 4096;
}
