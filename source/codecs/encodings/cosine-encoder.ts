import type { EncodeJob, EncodeScratchSpace, JpegQuality } from '../encode/encode-job.js';
import { rowsOf } from '../encode/rectangle-rows.js';
import { COSINE_HEAD, COSINE_MACRO, COSINE_SIGN } from './cosine-layout.js';

/** Of a narrower or lower rectangle most of its macros would be padding. */
const LEAST_WIDTH = 32;
const LEAST_HEIGHT = 8;

const QUARTERS = 4;
/** Steps for a share of one of the losses of JPEG's quality 50: at 92 the photograph of the bench shows as much as 4:4:4. */
const LUMA_STEP = 29.7;
const CHROMA_STEP = 23.4;

/** Whether a photograph that JPEG would show as `judged` is better sent as Cosine. */
export function suitsCosine({ rectangle }: EncodeJob, asked: JpegQuality, judged: JpegQuality): boolean {
  if (!asked.cosine || judged.subsampling !== '4:2:0') return false;
  return rectangle.width >= LEAST_WIDTH && rectangle.height >= LEAST_HEIGHT;
}

/**
 * Cosine (docs/cosine.md): a photograph with as much of it lost as JPEG of the quality would lose.
 * @returns the data, in parts; they are gone when the scratch memory is used again
 */
export function encodeCosine(
  { framebuffer, rectangle }: EncodeJob,
  { quality }: JpegQuality,
  scratch: EncodeScratchSpace,
): readonly Uint8Array[] {
  const { memory } = framebuffer;
  const { pointer, stride, width, height } = rowsOf(framebuffer, rectangle);
  const padded = (length: number, step: number) => Math.ceil(length / step) * step;
  scratch.reserve(padded(width, COSINE_MACRO.width) * padded(height, COSINE_MACRO.height));
  const [luma, chroma] = [stepOf(quality, LUMA_STEP), stepOf(quality, CHROMA_STEP)];
  const { wide, packed } = scratch;
  const length = memory.kernels.encodeCosine(pointer, stride, width, height, luma, chroma, wide, packed);
  const head = new Uint8Array(COSINE_HEAD.bytes);
  head[COSINE_HEAD.sign] = COSINE_SIGN;
  head[COSINE_HEAD.luma] = luma;
  head[COSINE_HEAD.chroma] = chroma;
  return [head, memory.bytes(packed, length)];
}

/** In quarters, as it is written; at least 1. @param quality of those that Cosine is used for, as libjpeg counts */
function stepOf(quality: number, step: number): number {
  return Math.max(QUARTERS, Math.round((2 - quality / 50) * step * QUARTERS));
}
