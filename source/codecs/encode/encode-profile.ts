import { MIN_COSINE } from '../encodings/cosine.js';
import type { WrittenEncoding } from '../encodings/encoding.js';
import { CHOSEN_ENCODINGS, type PixelEncoding, WRITTEN_ENCODINGS } from '../encodings/registry.js';
import type { JpegQuality } from '../jpeg/jpeg-library.js';
import type { Compressors, Encoder, EncodeSettings } from './encode-job.js';
import { classOfLevel } from './levels.js';
import type { WirePixels } from './wire-pixels.js';

/** How a viewer's rectangles are encoded. Viewers with the same key are sent the same buffers. */
export interface EncodeProfile extends EncodeSettings {
  readonly key: string;
  readonly encoding: PixelEncoding;
  readonly encoder: Encoder;
  /** Whether the level makes a difference. */
  readonly deflates: boolean;
}

const CHOICES: ReadonlyMap<number, WrittenEncoding<PixelEncoding>> = new Map(
  CHOSEN_ENCODINGS.map(each => [each.number, each]),
);
const RAW = CHOSEN_ENCODINGS.find(({ name }) => name === 'raw')!;

/**
 * The profile of a viewer: the first encoding of its list that is known and yields to no other listed one, or else Raw,
 * which every viewer supports. A better substitute for that encoding is used if the viewer lists it too.
 * @param encodings in the viewer's order
 * @param quality null: lossless
 * @param compressors without JPEG everything is lossless, except with a substitute that has its own lossy mode
 */
export function chooseProfile(
  encodings: readonly number[],
  pixels: WirePixels,
  level: number,
  quality: JpegQuality | null,
  compressors: Pick<Compressors, 'jpeg'>,
): EncodeProfile {
  let choice = RAW;
  for (const encoding of encodings) {
    const known = CHOICES.get(encoding);
    if (known && !known.yieldsTo?.some(({ number }) => encodings.includes(number))) {
      choice = known;
      break;
    }
  }
  const asked = choice.losses !== 'none' && pixels.size > 1 ? quality : null;
  const better = asked && betterThan(choice, encodings, asked, compressors.jpeg === null);
  const jpeg = better || (asked && compressors.jpeg) ? asked : null;
  const levelClass = classOfLevel(level);
  const levelKey = choice.deflates ? `/${levelClass}` : '';
  const jpegKey = jpeg
    ? `/${jpeg.quality} ${jpeg.subsampling}${jpeg.subsamplingRequested ? '!' : ''}${better ? ` ${better.name}` : ''}`
    : '';
  const key = `${choice.name}/${pixels.key}${levelKey}${jpegKey}`;
  const { name: encoding, encode: encoder, deflates } = better ?? choice;
  return { key, encoding, encoder, deflates, pixels, level: levelClass, jpeg };
}

/** @param alone there is no JPEG that could be better */
function betterThan(choice: WrittenEncoding, encodings: readonly number[], quality: JpegQuality, alone: boolean) {
  return WRITTEN_ENCODINGS.find(
    ({ number, instead }) => instead?.of === choice && encodings.includes(number) && instead.serves(quality, alone),
  );
}

/**
 * A lower quality, as a link has room for it. Colours then are the first to lose detail, unless the viewer named their
 * subsampling, or Cosine is sent, which halves them by itself.
 */
export function lowered(asked: JpegQuality, quality: number, compressors: Pick<Compressors, 'jpeg'>): JpegQuality {
  if (quality >= asked.quality) return asked;
  const keeps =
    asked.subsamplingRequested || quality >= MIN_COSINE || !compressors.jpeg || asked.subsampling === 'grey';
  return { ...asked, quality, ...(keeps ? {} : { subsampling: '4:2:0' }) };
}

/** The same profile without losses. */
export function losslessProfile(profile: EncodeProfile): EncodeProfile {
  if (!profile.jpeg) return profile;
  return { ...profile, jpeg: null, key: profile.key.slice(0, profile.key.lastIndexOf('/')) };
}
