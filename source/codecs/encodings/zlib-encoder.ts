import { ENCODING } from '../../protocols/rfb/constants.js';
import type { EncodedRectangle, EncodeJob, EncodeScratchSpace } from '../encode/encode-job.js';
import { rowsOf } from '../encode/rectangle-rows.js';
import { encodeSpliced } from '../encode/spliced-stream.js';

/** Zlib (rfbproto.rst): the pixels of Raw in one zlib stream a connection. */
export function encodeZlib(job: EncodeJob, scratch: EncodeScratchSpace): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle, pixels } = job;
  const length = pixels.writePixels(framebuffer.memory.kernels, rowsOf(framebuffer, rectangle), scratch.packed);
  return encodeSpliced(job, framebuffer.memory.bytes(scratch.packed, length), scratch, ENCODING.zlib, 'zlib');
}
