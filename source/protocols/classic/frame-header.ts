import type { Size } from '../../core/rectangle.js';
import { MOST_SIZE_BYTES, RGB_BYTES } from './constants.js';

/** The header of a frame: how many bytes its size has (as few as possible, one at least), and the size, big-endian. */
export function frameHeader(bodyLength: number): Uint8Array<ArrayBuffer> {
  let sizeBytes = 1;
  while (bodyLength >= 256 ** sizeBytes) sizeBytes++;
  if (sizeBytes > MOST_SIZE_BYTES) throw new RangeError(`a frame cannot have ${bodyLength} bytes`);
  const header = new Uint8Array(1 + sizeBytes);
  header[0] = sizeBytes;
  for (let index = 0; index < sizeBytes; index++) header[sizeBytes - index] = bodyLength / 256 ** index;
  return header;
}

/** Bytes of a picture as the wire has it before compression. */
export function rawLength({ width, height }: Size): number {
  return width * height * RGB_BYTES;
}

/**
 * More than any deflate encoder makes of a picture of that size, even one that flushes every few kilobytes: what is
 * larger is no frame of it.
 */
export function largestBody(size: Size): number {
  const raw = rawLength(size);
  return raw + Math.ceil(raw / 64) + 4096;
}
