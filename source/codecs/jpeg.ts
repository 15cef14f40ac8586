import { createRequire } from 'node:module';
import type * as JpegTurbo from '@julusian/jpeg-turbo';
import type { Size } from '../core/rectangle.js';
import { BYTES_PER_PIXEL } from '../pixels/framebuffer.js';
import { BufferPool } from './buffer-pool.js';
import type { JpegQuality, Subsampling } from './encode-job.js';

type Library = typeof JpegTurbo;

let library: Library | null | undefined;

/** libjpeg-turbo, loaded when first needed, or null where it has no build for this machine. */
function load(): Library | null {
  if (library === undefined) {
    try {
      library = createRequire(import.meta.url)('@julusian/jpeg-turbo') as Library;
    } catch {
      library = null;
    }
  }
  return library;
}

/** Whether JPEG can be written here; where it cannot, everything goes lossless. */
export function canCompressJpeg(): boolean {
  return load() !== null;
}

/** Compressed on the pool at once: enough to keep its threads busy, and few enough to use the same buffers again. */
const MOST_AT_ONCE = 8;
const STAGED_BYTES = 24 * 1024 * 1024;
const OUTPUT_BYTES = 16 * 1024 * 1024;

const staging = new BufferPool(STAGED_BYTES);
const outputs = new BufferPool(OUTPUT_BYTES);
let atOnce = 0;
const waiting: (() => void)[] = [];

/** BGRX rows somewhere in memory. */
export interface StridedRows extends Size {
  readonly memory: Uint8Array;
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/**
 * BGRX rows as a JPEG.
 * @param rows may change as soon as this returns
 * @param use gets the JPEG, which is gone when it returns
 */
export function compressJpeg<Result>(
  rows: StridedRows,
  jpeg: JpegQuality,
  pooled: boolean,
  use: (jpeg: Uint8Array) => Result,
): Result | Promise<Result> {
  const turbo = load();
  if (turbo === null) throw new Error('there is no JPEG library');
  const options: JpegTurbo.EncodeOptions = {
    format: turbo.FORMAT_BGRX,
    width: rows.width,
    height: rows.height,
    subsampling: samplesOf(turbo, jpeg.subsampling),
    quality: jpeg.quality,
  };
  if (pooled) return compressPooled(turbo, rows, options, use);
  const staged = stage(rows);
  const output = outputs.take(turbo.bufferSize(options));
  const result = use(turbo.compressSync(staged, output, options));
  outputs.giveBack(output);
  staging.giveBack(staged);
  return result;
}

/** A packed copy. */
function stage({ memory, offset, stride, width, height }: StridedRows): Buffer {
  const rowBytes = width * BYTES_PER_PIXEL;
  const staged = staging.take(rowBytes * height);
  const from = Buffer.from(memory.buffer, memory.byteOffset + offset, (height - 1) * stride + rowBytes);
  for (let row = 0; row < height; row++) {
    from.copy(staged, row * rowBytes, row * stride, row * stride + rowBytes);
  }
  return staged;
}

async function compressPooled<Result>(
  turbo: Library,
  rows: StridedRows,
  options: JpegTurbo.EncodeOptions,
  use: (jpeg: Uint8Array) => Result,
): Promise<Result> {
  const staged = stage(rows);
  if (atOnce === MOST_AT_ONCE) await new Promise<void>(resolve => waiting.push(resolve));
  else atOnce++;
  const output = outputs.take(turbo.bufferSize(options));
  try {
    return use(await turbo.compress(staged, output, options));
  } finally {
    outputs.giveBack(output);
    staging.giveBack(staged);
    // The place goes straight to the next one.
    const next = waiting.shift();
    if (next) next();
    else atOnce--;
  }
}

function samplesOf(turbo: Library, subsampling: Subsampling): JpegTurbo.SubSampling {
  if (subsampling === '4:4:4') return turbo.SAMP_444;
  if (subsampling === '4:2:2') return turbo.SAMP_422;
  return subsampling === '4:2:0' ? turbo.SAMP_420 : turbo.SAMP_GRAY;
}
