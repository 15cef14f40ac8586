import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import type { Compressors, Deflater } from '../codecs/encode/encode-job.js';
import { JpegDecoder } from '../codecs/jpeg/jpeg-decoder.js';
import { BufferPool } from '../core/buffer-pool.js';
import { jpegLibrary } from '../native/jpeg-library.js';

/**
 * Shorter data needs no larger window and tables: the output is the same, in two thirds of the time, most of which is
 * cache misses in that memory.
 */
const MEDIUM_BYTES = 4096;
const MEDIUM: ZlibOptions = { windowBits: 12, memLevel: 5, chunkSize: 1024 };

/** Bytes of spare buffers for data compressed on the thread pool. */
const STAGED_BYTES = 16 * 1024 * 1024;

function options(level: number): ZlibOptions {
  return { level, finishFlush: constants.Z_SYNC_FLUSH };
}

/** One per process, like the thread pool. */
class NodeDeflater implements Deflater {
  readonly #staging = new BufferPool(STAGED_BYTES);

  deflateNow(data: Uint8Array, level: number): Uint8Array {
    return deflateRawSync(data, data.length <= MEDIUM_BYTES ? { ...options(level), ...MEDIUM } : options(level));
  }

  deflate(data: Uint8Array, level: number): Promise<Uint8Array> {
    const buffer = this.#staging.take(data.length);
    buffer.set(data);
    return new Promise((resolve, reject) => {
      deflateRaw(buffer.subarray(0, data.length), options(level), (error, block) => {
        this.#staging.release(buffer);
        if (error) reject(error);
        else resolve(block);
      });
    });
  }
}

/** The encoders' compressors on Node. JPEG is loaded on first use. */
export const nodeCompressors: Compressors = {
  deflater: new NodeDeflater(),
  get jpeg() {
    return jpegLibrary();
  },
};

/** Null where JPEG cannot be decoded: offer no quality level then. */
export function loadJpegDecoder(): JpegDecoder | null {
  const library = jpegLibrary();
  return library && new JpegDecoder(library);
}

/** An output size that always fits a strip, so that it takes one call: deflate adds a few bytes per 16 KiB. */
const SLACK = 1024;
const DEFAULT_CHUNK = 16 * 1024;

function stripOptions(length: number, level: number) {
  const chunkSize = Math.max(length + (length >> 10) + SLACK, DEFAULT_CHUNK);
  return { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize };
}

/** A raw deflate stream without a final block, ending with a sync flush. */
export function deflateStripSync(raw: Uint8Array, level: number): Buffer {
  return deflateRawSync(raw, stripOptions(raw.length, level));
}

/** The same on libuv's thread pool. `raw` is read while it runs: it must not change until the promise settles. */
function deflateStrip(raw: Uint8Array, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflateRaw(raw, stripOptions(raw.length, level), (error, deflated) => {
      if (error) reject(error);
      else resolve(deflated);
    });
  });
}

/** Rough times for a desktop strip of 128 KiB, in milliseconds, by level: they decide between the two ways. */
const STRIP_MS = [0.1, 0.25, 0.3, 0.4, 0.6, 0.8, 1.1, 1.4, 2, 2.8];
/** Longer work would delay capture and sockets; shorter work is done before the pool would start. */
const AT_ONCE_MS = 1.2;

/** Compresses strips: synchronously when short, otherwise in parallel on the pool. */
export async function deflateStrips(strips: readonly Uint8Array[], level: number): Promise<Buffer[]> {
  const bytes = strips.reduce((sum, strip) => sum + strip.length, 0);
  if ((bytes / 131_072) * STRIP_MS[level]! <= AT_ONCE_MS) return strips.map(strip => deflateStripSync(strip, level));
  return Promise.all(strips.map(strip => deflateStrip(strip, level)));
}
