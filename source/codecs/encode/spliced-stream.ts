import { joined, writeU32 } from '../../core/bytes.js';
import { deflateBlock, ZLIB_HEADER } from './deflate.js';
import { type EncodedRectangle, type EncodeJob, type EncodeScratchSpace, inOnePart } from './encode-job.js';
import { rectangleBytes } from './rectangle-bytes.js';

/** Bytes before the block: the rectangle's header and the block's length. */
const BEFORE = 16;

/**
 * A rectangle of an encoding that has one zlib stream a connection (zlib, ZRLE). Each block is compressed without history
 * and ends in a sync flush, so it fits into any connection's stream at any place.
 * @param data uncompressed, as deflateBlock takes it
 */
export function encodeSpliced(
  job: EncodeJob,
  data: Uint8Array,
  scratch: EncodeScratchSpace,
  encoding: number,
  stream: string,
): EncodedRectangle | Promise<EncodedRectangle> {
  const { rectangle } = job;
  const finish = (block: Uint8Array): EncodedRectangle => {
    const length = new Uint8Array(4);
    writeU32(length, 0, block.length);
    const bytes = rectangleBytes(rectangle, encoding, [length, block]);
    return inOnePart(stream, rectangle, bytes, { stream });
  };
  const block = deflateBlock(job, data, scratch);
  return block instanceof Promise ? block.then(finish) : finish(block);
}

/** The same rectangle as the first of its stream on a connection: with what opens a zlib stream. */
export function withStreamHeader({ bytes }: EncodedRectangle): Uint8Array {
  const first = joined([bytes.subarray(0, BEFORE), ZLIB_HEADER, bytes.subarray(BEFORE)]);
  writeU32(first, BEFORE - 4, bytes.length - BEFORE + ZLIB_HEADER.length);
  return first;
}
