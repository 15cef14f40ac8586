import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { BufferPool } from './buffer-pool.js';

/**
 * What opens a zlib stream: 32 KiB window, and a check value. The level that it could hint at is not looked at by anybody.
 */
export const ZLIB_HEADER = Buffer.from([0x78, 0x01]);

/**
 * What is this short needs no more of a window and of tables: the same bytes in two thirds of the time, most of which goes
 * into memory that was not looked at since the last time.
 */
const SHORT_BYTES = 4096;
const SHORT: ZlibOptions = { windowBits: 12, memLevel: 5, chunkSize: 1024 };

/** Copies of what the pool compresses. */
const staging = new BufferPool(16 * 1024 * 1024);

/**
 * Compresses into a raw deflate block without history that ends in a sync flush: such blocks make one valid stream in
 * whatever order they are joined, and none of them ends it (a finished stream makes gtk-vnc hang up).
 * @param data may change as soon as this returns
 */
export function deflateBlock(data: Uint8Array, level: number, pooled: false): Buffer;
export function deflateBlock(data: Uint8Array, level: number, pooled: boolean): Buffer | Promise<Buffer>;
export function deflateBlock(data: Uint8Array, level: number, pooled: boolean): Buffer | Promise<Buffer> {
  const options: ZlibOptions = { level, finishFlush: constants.Z_SYNC_FLUSH };
  if (!pooled) return deflateRawSync(data, data.length <= SHORT_BYTES ? { ...options, ...SHORT } : options);
  const buffer = staging.take(data.length);
  buffer.set(data);
  return new Promise((resolve, reject) => {
    deflateRaw(buffer.subarray(0, data.length), options, (error, block) => {
      staging.giveBack(buffer);
      if (error) reject(error);
      else resolve(block);
    });
  });
}
