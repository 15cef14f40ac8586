import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { TIGHT } from '../../protocols/rfb/constants.js';
import { BufferPool } from './buffer-pool.js';
import type { Compressors } from './compressors.js';
import type { EncodeScratchSpace } from './encode-job.js';

/** Bytes of the kernels' table of colours. */
const TABLE = 8192;
const PALETTE = 1024;
/** SIMD stores may reach this far beyond the last pixel. */
const SLACK = 64;
/** Pixels to begin with: those of a canonical cell. */
const FIRST = 384 * 96;
/** Bytes of spare buffers for results. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** The encoders' working memory: one a share, as large as the largest rectangle so far. */
export class EncodeScratch implements EncodeScratchSpace {
  readonly compressors: Compressors;
  readonly table: number;
  readonly palette: number;
  readonly spare = new BufferPool(KEPT_BYTES);
  readonly #memory: PixelMemory;
  #pixels = 0;
  #block = 0;
  #tightStream = 0;

  constructor(memory: PixelMemory, compressors: Compressors) {
    this.compressors = compressors;
    this.#memory = memory;
    this.table = memory.allocate(TABLE);
    this.palette = memory.allocate(PALETTE + SLACK);
    this.reserve(FIRST);
  }

  get indices(): number {
    return this.#block;
  }

  get wide(): number {
    return this.#block + this.#pixels + SLACK;
  }

  get packed(): number {
    return this.#block + this.#pixels * 5 + SLACK * 2;
  }

  nextTightStream(): number {
    const stream = this.#tightStream;
    this.#tightStream = (stream + 1) % TIGHT.streams;
    return stream;
  }

  reserve(pixels: number): void {
    if (pixels <= this.#pixels) return;
    if (this.#block !== 0) this.#memory.free(this.#block);
    // Multiples of 64 keep the three parts aligned.
    this.#pixels = Math.ceil(pixels / 64) * 64;
    this.#block = this.#memory.allocate(this.#pixels * 10 + SLACK * 3);
  }

  free(): void {
    this.#memory.free(this.table);
    this.#memory.free(this.palette);
    this.#memory.free(this.#block);
  }
}
