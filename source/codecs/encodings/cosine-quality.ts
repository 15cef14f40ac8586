import { hasVectors } from '../../pixels/vectors.js';
import type { JpegQuality } from '../encode/encode-job.js';

/**
 * The JPEG qualities for which a photograph goes as Cosine to viewers that read it: with the losses of a lower one JPEG
 * takes fewer bytes for the same, and above colours are not to be lost at all.
 */
const LEAST = 85;
const MOST = 97;

/** The same quality, and that Cosine may go in the place of JPEG if it is of use for it. @param read whether the viewer can */
export function withCosine({ cosine: _, ...quality }: JpegQuality, read: boolean): JpegQuality {
  const { quality: asked, subsampling, subsamplingAsked } = quality;
  const useful = asked >= LEAST && asked <= MOST && subsampling === '4:4:4' && !subsamplingAsked;
  return read && useful && hasVectors() ? { ...quality, cosine: true } : quality;
}
