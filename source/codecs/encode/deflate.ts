import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { BufferPool } from './buffer-pool.js';
import type { EncodeJob, EncodeScratchSpace } from './encode-job.js';

/**
 * What opens a zlib stream: 32 KiB window, and a check value. The level that it could hint at is not looked at by anybody.
 */
export const ZLIB_HEADER = Buffer.from([0x78, 0x01]);

/**
 * What is this short, a letter for one, is compressed by a kernel: zlib takes ten times as long to set up a stream for so
 * little, and at the levels of a fast link finds fewer matches, so that there are more bytes in the end.
 */
const SHORT_BYTES = 1024;
/** How hard that is tried, up to the level that a link with room to spare is given, and above it. */
const QUICK_LEVEL = 5;
const QUICK_TRIES = 24;
const ALL_TRIES = 256;

/**
 * What is this short needs no more of a window and of tables: the same bytes in two thirds of the time, most of which goes
 * into memory that was not looked at since the last time.
 */
const MEDIUM_BYTES = 4096;
const MEDIUM: ZlibOptions = { windowBits: 12, memLevel: 5, chunkSize: 1024 };

/** Copies of what the pool compresses. */
const staging = new BufferPool(16 * 1024 * 1024);

/**
 * Compresses into a raw deflate block without history that ends in a sync flush: such blocks make one valid stream in
 * whatever order they are joined, and none of them ends it (a finished stream makes gtk-vnc hang up).
 * @param data in the pixel memory, but not in `scratch.wide`; it may change as soon as this returns
 * @returns at once what is short, or not pooled; what is short lies in `scratch.wide` and is to be copied before that is used again
 */
export function deflateBlock(
  { framebuffer, level, pooled }: EncodeJob,
  data: Uint8Array,
  scratch: EncodeScratchSpace,
): Uint8Array | Promise<Uint8Array> {
  if (level > 0 && data.length <= SHORT_BYTES) {
    const { memory } = framebuffer;
    const to = scratch.wide + SHORT_BYTES * 7;
    const tries = level <= QUICK_LEVEL ? QUICK_TRIES : ALL_TRIES;
    return memory.bytes(to, memory.kernels.deflateShort(data.byteOffset, data.length, tries, scratch.wide, to));
  }
  const options: ZlibOptions = { level, finishFlush: constants.Z_SYNC_FLUSH };
  if (!pooled) return deflateRawSync(data, data.length <= MEDIUM_BYTES ? { ...options, ...MEDIUM } : options);
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
