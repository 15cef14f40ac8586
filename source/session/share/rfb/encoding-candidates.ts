import type { JpegQuality } from '../../../codecs/encode/encode-job.js';
import { DISTINCT_LEVELS, PIXEL_ENCODINGS, qualityOfPercent } from '../../../codecs/encode/encode-profile.js';
import { withCosine } from '../../../codecs/encodings/cosine-quality.js';
import { jpegLibrary } from '../../../native/jpeg-library.js';
import { type Candidate, sameChoice } from '../bakeoff/encode-trial.js';
import { canTake } from './client-abilities.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** In classes: those in between look alike and differ by little. */
const JPEG_PERCENTS = [20, 40, 60, 75, 90];
/** What is not photographic in a frame with JPEG is deflated: quickly, or as it is now. */
const QUICK_LEVEL = 1;

/** Every way to encode for a viewer that it can take: the present one first, those that take long last. */
export function candidatesOf(encoding: Pick<ViewerEncoding, 'abilities' | 'pixels' | 'sentAs'>): Candidate[] {
  const { abilities, pixels, sentAs: present } = encoding;
  const candidates: Candidate[] = [];
  for (const name of PIXEL_ENCODINGS) {
    if (!canTake(abilities, name)) continue;
    if (name === 'raw' || name === 'hextile') {
      candidates.push({ choice: { encoding: name, level: null, jpeg: null }, levels: null, pooled: false });
      continue;
    }
    for (const { level, ...levels } of DISTINCT_LEVELS) {
      candidates.push({ choice: { encoding: name, level, jpeg: null }, levels, pooled: true });
    }
    if (name === 'tight' && abilities.quality !== null && pixels.size > 1 && jpegLibrary() !== null) {
      const asked = present.jpeg ?? abilities.quality;
      candidates.push(...withLosses(asked, present.level ?? QUICK_LEVEL, abilities.cosine));
    }
  }
  const rank = ({ choice }: Candidate) => (sameChoice(choice, present) ? -2 : (choice.level ?? -1));
  return candidates.sort((a, b) => rank(a) - rank(b));
}

/**
 * @param asked a quality that is tried besides the classes: the one that holds now, or that the viewer asks for
 * @param cosine whether the viewer reads Cosine: then it is tried as well for the qualities that it is of use for
 */
function withLosses(asked: JpegQuality, level: number, cosine: boolean): Candidate[] {
  const classes = JPEG_PERCENTS.filter(percent => percent !== asked.quality).map(percent => qualityOfPercent(percent));
  const jpegs = [withCosine(asked, false), ...classes];
  const cosines = jpegs.map(jpeg => withCosine(jpeg, cosine)).filter(jpeg => jpeg.cosine);
  return DISTINCT_LEVELS.filter(each => each.level === level || each.level === QUICK_LEVEL).flatMap(
    ({ level: tried, ...levels }) =>
      [...cosines, ...jpegs].map(jpeg => ({
        choice: { encoding: 'tight' as const, level: tried, jpeg },
        levels,
        pooled: true,
      })),
  );
}
