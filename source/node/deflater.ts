import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { BufferPool } from '../codecs/encode/buffer-pool.js';
import type { Deflater } from '../codecs/encode/compressors.js';

/**
 * What is this short needs no more of a window and of tables: the same bytes in two thirds of the time, most of which goes
 * into memory that was not looked at since the last time.
 */
const MEDIUM_BYTES = 4096;
const MEDIUM: ZlibOptions = { windowBits: 12, memLevel: 5, chunkSize: 1024 };

/** Bytes of spare copies of what the thread pool compresses. */
const STAGED_BYTES = 16 * 1024 * 1024;

function options(level: number): ZlibOptions {
  return { level, finishFlush: constants.Z_SYNC_FLUSH };
}

/** One for the process, as its thread pool is. */
export class NodeDeflater implements Deflater {
  readonly #staging = new BufferPool(STAGED_BYTES);

  deflateNow(data: Uint8Array, level: number): Uint8Array {
    return deflateRawSync(data, data.length <= MEDIUM_BYTES ? { ...options(level), ...MEDIUM } : options(level));
  }

  deflate(data: Uint8Array, level: number): Promise<Uint8Array> {
    const buffer = this.#staging.take(data.length);
    buffer.set(data);
    return new Promise((resolve, reject) => {
      deflateRaw(buffer.subarray(0, data.length), options(level), (error, block) => {
        this.#staging.giveBack(buffer);
        if (error) reject(error);
        else resolve(block);
      });
    });
  }
}
