import { ENCODING } from '../../protocols/rfb/constants.js';
import { type EncodedRectangle, type EncodeJob, type EncodeScratchSpace, inOnePart } from '../encode/encode-job.js';
import { rectangleBytes } from '../encode/rectangle-bytes.js';
import { rowsOf } from '../encode/rectangle-rows.js';

/** Hextile (RFC 6143, 7.7.4). */
export function encodeHextile(job: EncodeJob, scratch: EncodeScratchSpace): EncodedRectangle {
  const { framebuffer, rectangle, pixels } = job;
  const { memory } = framebuffer;
  pixels.writePixels(memory.kernels, rowsOf(framebuffer, rectangle), scratch.wide);
  const { width, height } = rectangle;
  const length = memory.kernels.hextile(scratch.wide, pixels.size, width, height, scratch.table, scratch.packed);
  const bytes = rectangleBytes(rectangle, ENCODING.hextile, [memory.bytes(scratch.packed, length)]);
  return inOnePart('hextile', rectangle, bytes);
}
