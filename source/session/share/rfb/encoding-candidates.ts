import { DISTINCT_LEVELS, qualityOfPercent } from '../../../codecs/encode/levels.js';
import type { WrittenEncoding } from '../../../codecs/encodings/encoding.js';
import { type PixelEncoding, WRITTEN_ENCODINGS } from '../../../codecs/encodings/registry.js';
import { nodeCompressors } from '../../../node/compressors.js';
import { type Candidate, sameChoice } from '../bakeoff/encode-trial.js';
import { canTake } from './client-capabilities.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** A few classes: qualities in between look alike and differ little in size. */
const JPEG_PERCENTS = [20, 40, 60, 75, 90];
/** Non-photographic content of a frame with JPEG is deflated at this level, or at the present one. */
const QUICK_LEVEL = 1;

type Viewer = Pick<ViewerEncoding, 'capabilities' | 'pixels' | 'sentAs'>;

/** Every encoding that a viewer supports: the present one first, slow ones last. */
export function candidatesOf(viewer: Viewer): Candidate[] {
  const { capabilities, sentAs: present } = viewer;
  const known = WRITTEN_ENCODINGS.filter(({ name }) => canTake(capabilities, name));
  const candidates = known.flatMap(each => [...losslessCandidates(each), ...lossyCandidates(each, viewer)]);
  const rank = ({ choice }: Candidate) => (sameChoice(choice, present) ? -2 : (choice.level ?? -1));
  return candidates.sort((a, b) => rank(a) - rank(b));
}

/** A substitute equals the encoding that it replaces when lossless. */
function losslessCandidates({ name, deflates, instead }: WrittenEncoding<PixelEncoding>): Candidate[] {
  if (instead) return [];
  if (!deflates) return [{ choice: { encoding: name, level: null, jpeg: null }, levels: null, pooled: false }];
  return DISTINCT_LEVELS.map(({ level, ...levels }) => {
    return { choice: { encoding: name, level, jpeg: null }, levels, pooled: true };
  });
}

/** At the quality classes, and at the present or requested quality. */
function lossyCandidates(
  { name, losses, instead }: WrittenEncoding<PixelEncoding>,
  { capabilities, pixels, sentAs: present }: Viewer,
): Candidate[] {
  if (losses === 'none' || capabilities.quality === null || pixels.size === 1) return [];
  if (!instead && !nodeCompressors.jpeg) return [];
  const asked = present.jpeg ?? capabilities.quality;
  const classes = JPEG_PERCENTS.filter(percent => percent !== asked.quality).map(percent => qualityOfPercent(percent));
  const qualities = [asked, ...classes].filter(quality => instead?.serves(quality, !nodeCompressors.jpeg) ?? true);
  return DISTINCT_LEVELS.filter(
    ({ level }) => level === (present.level ?? QUICK_LEVEL) || level === QUICK_LEVEL,
  ).flatMap(({ level, ...levels }) =>
    qualities.map(jpeg => ({ choice: { encoding: name, level, jpeg }, levels, pooled: true })),
  );
}
