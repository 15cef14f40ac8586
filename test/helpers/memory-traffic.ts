import type { PixelMemory as Memory } from '../../source/pixels/pixel-memory.js';
import { PixelMemory } from '../../source/pixels/pixel-memory.js';

/** Bytes that one pass over pixels, or their encoded form, has read and written in memory. */
export interface Pass {
  read: number;
  written: number;
}

type Values = readonly number[];
type Count = (values: Values, result: number, memory: Memory) => readonly [read: number, written: number];

const PIXEL = 4;
/** Bytes of a result of compareCells, in which everything differs if its pixels are all of its area. */
const RESULT = 24;
/** Rows of a tile that are read where everything differs: each eighth one, and the last. */
const SAMPLED_ROWS = 9 / 64;

/** Two pictures, of which tiles that differ all over are sampled. */
const compared: Count = (values, count, memory) => {
  const [width, height, out] = [values[4]!, values[5]!, values[10]!];
  const results = new Int32Array(memory.memory.buffer, out, (count * RESULT) / 4);
  let all = 0;
  for (let at = 0; at < results.length; at += RESULT / 4) {
    const area = results[at + 2]! * results[at + 3]!;
    if (results[at + 4] === area) all += area;
  }
  return [2 * PIXEL * (width * height - all + all * SAMPLED_ROWS), 0];
};
const rectangleOf =
  (width: number, height: number, fraction: number): Count =>
  values => [values[width]! * values[height]! * PIXEL * fraction, 0];

/**
 * What each kernel of these passes reads and writes by its arguments. Its working memory stays in the caches. Rows that
 * it skips are not counted, although the memory fetches some of them too.
 */
const COUNTS: Readonly<Record<string, Count>> = {
  compareCells: compared,
  sampleCells: values => [(2 * PIXEL * values[4]! * values[5]!) / values[9]!, 0],
  // Each fourth row, and two rows of each block of 64 for its colours. Chroma is that of rows just read.
  photographicBlocks: rectangleOf(2, 3, 1 / 4 + 2 / 64),
  // A photograph has too many colours within its first rows.
  buildPalette: (values, colours) =>
    colours === 0 ? [values[2]! * PIXEL, 0] : [values[2]! * values[3]! * PIXEL, values[2]! * values[3]!],
  encodeCosine: (values, length) => [values[2]! * values[3]! * PIXEL, length],
  decodeCosine: values => [values[1]!, values[4]! * values[5]! * PIXEL],
  findCosineRows: values => [values[1]!, 0],
  copyRectangle: values => [values[4]! * values[5]!, values[4]! * values[5]!],
  findAnchors: rectangleOf(2, 3, 1),
  differingRows: values => [2 * values[4]! * values[5]! * PIXEL, 0],
  differingColumns: values => [2 * values[4]! * values[5]! * PIXEL, 0],
};

/** Counts what passes read and write: kernels over one memory, and copies of byte arrays. */
export class MemoryTraffic {
  readonly memory: Memory;
  readonly #passes = new Map<string, Pass>();
  #section = '';

  /** @param plain the memory, whose kernels are counted through `memory` */
  constructor(plain: Memory) {
    const counted = Object.entries(plain.kernels).map(([name, kernel]) => {
      if (typeof kernel !== 'function' || name === 'heapBase') return [name, kernel];
      return [
        name,
        (...values: number[]) => {
          const result: number = kernel(...values);
          const count = COUNTS[name];
          if (!count) throw new Error(`nobody knows what ${name} reads and writes`);
          this.#add(name, ...count(values, result, plain));
          return result;
        },
      ];
    });
    const kernels: Memory['kernels'] = Object.fromEntries(counted);
    this.memory = new PixelMemory(kernels, plain.memory);
  }

  /** Counts what `work` does, byte arrays set from others included. */
  async count(section: string, work: () => void | Promise<void>): Promise<void> {
    this.#section = section;
    const { set } = Uint8Array.prototype;
    const add = (bytes: number) => this.#add('copies', bytes, bytes);
    Uint8Array.prototype.set = function (from, offset) {
      add(from.length);
      return set.call(this, from, offset);
    };
    try {
      await work();
    } finally {
      Uint8Array.prototype.set = set;
    }
  }

  /** Rows of section, pass, and what it reads and writes per byte of a picture. */
  rows(pictureBytes: number): readonly (readonly [string, string, number, number])[] {
    return [...this.#passes].map(([key, { read, written }]) => {
      const [section = '', pass = ''] = key.split(' ');
      return [section, pass, read / pictureBytes, written / pictureBytes] as const;
    });
  }

  #add(pass: string, read: number, written: number): void {
    const key = `${this.#section} ${pass}`;
    const sum = this.#passes.get(key) ?? { read: 0, written: 0 };
    this.#passes.set(key, { read: sum.read + read, written: sum.written + written });
  }
}
