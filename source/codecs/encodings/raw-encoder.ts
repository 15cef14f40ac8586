import { ENCODING } from '../../protocols/rfb/constants.js';
import { type EncodedRectangle, type EncodeJob, type EncodeScratchSpace, inOnePart } from '../encode/encode-job.js';
import { rectangleBytes } from '../encode/rectangle-bytes.js';
import { rowsOf } from '../encode/rectangle-rows.js';

/** Raw (RFC 6143, 7.7.1): pixels and nothing else. */
export function encodeRaw(job: EncodeJob, scratch: EncodeScratchSpace): EncodedRectangle {
  const { framebuffer, rectangle, pixels } = job;
  const length = pixels.writePixels(framebuffer.memory.kernels, rowsOf(framebuffer, rectangle), scratch.packed);
  const bytes = rectangleBytes(rectangle, ENCODING.raw, [framebuffer.memory.bytes(scratch.packed, length)]);
  return inOnePart('raw', rectangle, bytes);
}
