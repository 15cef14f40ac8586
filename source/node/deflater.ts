import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { BufferPool } from '../codecs/encode/buffer-pool.js';
import type { Deflater } from '../codecs/encode/compressors.js';

/**
 * What is this short needs no more of a window and of tables: the same bytes in two thirds of the time, most of which goes
 * into memory that was not looked at since the last time.
 */
const MEDIUM_BYTES = 4096;
const MEDIUM: ZlibOptions = { windowBits: 12, memLevel: 5, chunkSize: 1024 };

/** Copies of what the pool compresses. */
const staging = new BufferPool(16 * 1024 * 1024);

function options(level: number): ZlibOptions {
  return { level, finishFlush: constants.Z_SYNC_FLUSH };
}

export const nodeDeflater: Deflater = {
  deflateNow(data, level) {
    return deflateRawSync(data, data.length <= MEDIUM_BYTES ? { ...options(level), ...MEDIUM } : options(level));
  },
  deflate(data, level) {
    const buffer = staging.take(data.length);
    buffer.set(data);
    return new Promise((resolve, reject) => {
      deflateRaw(buffer.subarray(0, data.length), options(level), (error, block) => {
        staging.giveBack(buffer);
        if (error) reject(error);
        else resolve(block);
      });
    });
  },
};
