import { intersect, isEmpty, type Rectangle, type Size } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from './framebuffer.js';
import { cutRows, MOST_PARTS } from './kernel-threads.js';
import type { PixelMemory } from './pixel-memory.js';
import { type Axis, resampleAxis } from './resample-axis.js';

/**
 * The place of a picture inside a size with its aspect kept: as large as fits, centred. A bar of a single pixel is
 * filled instead, since 1366x768 is not quite 16:9.
 */
export function fitInside(picture: Size, frame: Size): Rectangle {
  const factor = Math.min(frame.width / picture.width, frame.height / picture.height);
  const width = fill(Math.max(1, Math.round(picture.width * factor)), frame.width);
  const height = fill(Math.max(1, Math.round(picture.height * factor)), frame.height);
  return { x: Math.floor((frame.width - width) / 2), y: Math.floor((frame.height - height) / 2), width, height };
}

function fill(length: number, frame: number): number {
  return length >= frame - 1 ? frame : length;
}

/**
 * Scales a picture: the mean of the covered area when smaller, bilinear when larger. Scaling a part gives the same
 * pixels as scaling the whole.
 */
export class Scaler {
  readonly from: Size;
  readonly to: Size;
  readonly #memory: PixelMemory;
  readonly #columns: Axis;
  readonly #rows: Axis;
  readonly #columnTable: number;
  readonly #rowTable: number;
  readonly #buffer: number;

  constructor(memory: PixelMemory, from: Size, to: Size) {
    this.from = { width: from.width, height: from.height };
    this.to = { width: to.width, height: to.height };
    this.#memory = memory;
    this.#columns = resampleAxis(from.width, to.width);
    this.#rows = resampleAxis(from.height, to.height);
    this.#columnTable = memory.allocate(to.width * this.#columnEntry);
    this.#rowTable = memory.allocate(to.height * this.#rowEntry);
    this.#buffer = memory.allocate(this.#bufferBytes * (memory.threads ? MOST_PARTS : 1));
    this.#writeTables();
  }

  /**
   * Scales the area touched by a changed part of the source.
   * @param source of size `from`
   * @param changed part of the source
   * @param at the top left corner of the scaled picture in the target, which must contain all of it
   * @returns the part of the target that was written, or null when there is none, see `touched`
   */
  scale(source: Framebuffer, changed: Rectangle, target: Framebuffer, at: { x: number; y: number }): Rectangle | null {
    const result = this.touched(changed, at);
    if (result === null) return null;
    const left = result.x - at.x;
    const top = result.y - at.y;
    const to = target.at(result.x, result.y);
    if (this.from.width === this.to.width && this.from.height === this.to.height) {
      const rowBytes = result.width * BYTES_PER_PIXEL;
      this.#memory.copyBetween(source.at(left, top), source.stride, to, target.stride, rowBytes, result.height);
    } else {
      this.#scale(source, target, to, left, top, result);
    }
    return result;
  }

  /**
   * The part of the target that `scale` would write. Null when `changed` is outside the source, or has no weight in any
   * pixel because more than 256 pixels become one.
   */
  touched(changed: Rectangle, at: { x: number; y: number }): Rectangle | null {
    const part = intersect(changed, { x: 0, y: 0, ...this.from });
    if (part === null) return null;
    const [left, right] = this.#columns.touchedBy(part.x, part.x + part.width);
    const [top, bottom] = this.#rows.touchedBy(part.y, part.y + part.height);
    const result = { x: at.x + left, y: at.y + top, width: right - left, height: bottom - top };
    return isEmpty(result) ? null : result;
  }

  free(): void {
    for (const pointer of [this.#columnTable, this.#rowTable, this.#buffer]) this.#memory.free(pointer);
  }

  /** @param left, top of the result in the scaled picture */
  #scale(
    source: Framebuffer,
    target: Framebuffer,
    to: number,
    left: number,
    top: number,
    { width, height }: Size,
  ): void {
    const { threads, kernels } = this.#memory;
    const columns = this.#columnTable + left * this.#columnEntry;
    const calls = cutRows(height, threads?.partsOf('scaleRectangle', width * height, height) ?? 1).map(
      (band, index) => {
        const rows = this.#rowTable + (top + band.from) * this.#rowEntry;
        const [at, buffer] = [to + band.from * target.stride, this.#buffer + index * this.#bufferBytes];
        const [from, count] = [source.pointer, band.to - band.from];
        const tables = [rows, this.#rows.taps, columns, this.#pairs, buffer] as const;
        return [from, source.stride, at, target.stride, width, count, ...tables] as const;
      },
    );
    if (calls.length > 1) threads!.run('scaleRectangle', calls);
    else kernels.scaleRectangle(...calls[0]!);
  }

  /** Bytes of a thread's buffer. */
  get #bufferBytes(): number {
    return Math.ceil((this.from.width * BYTES_PER_PIXEL + 32) / 64) * 64;
  }

  get #pairs(): number {
    return Math.ceil(this.#columns.taps / 2);
  }

  /** Bytes of an entry: see kernels/scale.ts. */
  get #columnEntry(): number {
    return 4 + 16 * this.#pairs;
  }

  get #rowEntry(): number {
    return 4 + 2 * this.#rows.taps;
  }

  #writeTables(): void {
    const view = new DataView(this.#memory.memory.buffer);
    for (let i = 0; i < this.to.width; i++) {
      const entry = this.#columnTable + i * this.#columnEntry;
      view.setInt32(entry, this.#columns.first[i]!, true);
      for (let tap = 0; tap < this.#columns.taps; tap++) {
        const weight = this.#columns.weights[i * this.#columns.taps + tap]!;
        for (let lane = 0; lane < 4; lane++) view.setUint16(entry + 4 + tap * 8 + lane * 2, weight, true);
      }
    }
    for (let i = 0; i < this.to.height; i++) {
      const entry = this.#rowTable + i * this.#rowEntry;
      view.setInt32(entry, this.#rows.first[i]!, true);
      for (let tap = 0; tap < this.#rows.taps; tap++) {
        view.setUint16(entry + 4 + tap * 2, this.#rows.weights[i * this.#rows.taps + tap]!, true);
      }
    }
  }
}
