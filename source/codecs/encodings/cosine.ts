import { hasVectors } from '../../pixels/vectors.js';
import { PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import type { EncodeJob, EncodeScratch } from '../encode/encode-job.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';
import { encodeCosine, suitsCosine } from './cosine-data.js';
import type { WrittenEncoding } from './encoding.js';
import { encodeTight, tight } from './tight.js';

/**
 * The JPEG qualities for which viewers that support Cosine get it instead. Below, JPEG needs fewer bytes for the same
 * quality; above, no colour information may be lost.
 */
export const MIN_COSINE = 85;
const MAX_QUALITY = 97;

function serves({ quality, subsampling, subsamplingRequested }: JpegQuality, alone: boolean): boolean {
  const fits = quality <= MAX_QUALITY && (alone || quality >= MIN_COSINE);
  return fits && subsampling === '4:4:4' && !subsamplingRequested && hasVectors();
}

/** Tight, with Cosine in the place of JPEG where it is better. */
export function encodeTightCosine(job: EncodeJob, scratch: EncodeScratch): ReturnType<typeof encodeTight> {
  return encodeTight(job, scratch, (each, asked, judged) =>
    suitsCosine(each, judged) ? encodeCosine(each, asked, scratch) : null,
  );
}

/** peerglass's own Cosine (docs/cosine.md), in the place of Tight's JPEG; the Tight decoder reads it. */
export const cosine: WrittenEncoding<'cosine'> = {
  number: PSEUDO_ENCODING.cosine,
  name: 'cosine',
  label: 'Cosine',
  decode: null,
  pseudoEncodings: () => (hasVectors() ? [PSEUDO_ENCODING.cosine] : []),
  encode: encodeTightCosine,
  deflates: true,
  losses: 'where photographic',
  instead: { of: tight, serves },
};
