import type { EncodeJob, EncodeScratchSpace } from './encode-job.js';

/**
 * What opens a zlib stream: 32 KiB window, and a check value. The level that it could hint at is not looked at by anybody.
 */
export const ZLIB_HEADER = Uint8Array.of(0x78, 0x01);

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
  const { deflater } = scratch.compressors;
  return pooled ? deflater.deflate(data, level) : deflater.deflateNow(data, level);
}
