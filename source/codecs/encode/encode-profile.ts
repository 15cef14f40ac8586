import { jpegLibrary } from '../../native/jpeg-library.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { encodeHextile } from '../encodings/hextile-encoder.js';
import { encodeRaw } from '../encodings/raw-encoder.js';
import { encodeTight } from '../encodings/tight-encoder.js';
import { encodeZlib } from '../encodings/zlib-encoder.js';
import { encodeZrle } from '../encodings/zrle-encoder.js';
import type { Encoder, EncodeSettings, JpegQuality } from './encode-job.js';
import type { WirePixels } from './wire-pixels.js';

/** The encodings of pixels that are written here, by the names that the viewer table shows. */
export const PIXEL_ENCODINGS = ['tight', 'zrle', 'zlib', 'hextile', 'raw'] as const;
export type PixelEncoding = (typeof PIXEL_ENCODINGS)[number];

/** How a viewer's rectangles are encoded. Viewers with the same key are sent the same buffers. */
export interface EncodeProfile extends EncodeSettings {
  readonly key: string;
  readonly encoding: PixelEncoding;
  readonly encoder: Encoder;
  /** Whether the level makes a difference. */
  readonly deflates: boolean;
}

/** What a viewer's choice of encoding comes to. */
interface Choice {
  readonly name: PixelEncoding;
  readonly encoder: Encoder;
  /** Whether it deflates, so that the level makes a difference, and whether it may use JPEG. */
  readonly deflates: boolean;
  readonly jpeg: boolean;
}

const CHOICES: ReadonlyMap<number, Choice> = new Map([
  [ENCODING.tight, { name: 'tight', encoder: encodeTight, deflates: true, jpeg: true }],
  [ENCODING.zrle, { name: 'zrle', encoder: encodeZrle, deflates: true, jpeg: false }],
  [ENCODING.zlib, { name: 'zlib', encoder: encodeZlib, deflates: true, jpeg: false }],
  [ENCODING.hextile, { name: 'hextile', encoder: encodeHextile, deflates: false, jpeg: false }],
  [ENCODING.raw, { name: 'raw', encoder: encodeRaw, deflates: false, jpeg: false }],
]);

const RAW = CHOICES.get(ENCODING.raw)!;

/** Levels in few classes, so that more viewers share: those in between cost more and bring nothing. */
const LEVEL_CLASSES = [0, 1, 2, 2, 4, 4, 6, 6, 9, 9] as const;

/** The levels that differ, and which ones of 0-9 each of them stands for. */
export const DISTINCT_LEVELS = [...new Set(LEVEL_CLASSES)].map(level => ({
  level,
  least: LEVEL_CLASSES.indexOf(level),
  most: LEVEL_CLASSES.lastIndexOf(level),
}));

/** The number of an encoding on the wire. */
export function encodingNumber(encoding: PixelEncoding): number {
  return ENCODING[encoding];
}

/**
 * The profile of a viewer: the first encoding of its list that is known here, else Raw, which every viewer understands.
 * @param encodings in the viewer's order
 */
export function chooseProfile(
  encodings: readonly number[],
  pixels: WirePixels,
  level: number,
  quality: JpegQuality | null,
): EncodeProfile {
  let choice = RAW;
  for (const encoding of encodings) {
    const known = CHOICES.get(encoding);
    if (known) {
      choice = known;
      break;
    }
  }
  const jpeg = choice.jpeg && pixels.size > 1 && quality && jpegLibrary() ? quality : null;
  const levelClass = LEVEL_CLASSES[Math.max(0, Math.min(9, level))] ?? 6;
  const levelKey = choice.deflates ? `/${levelClass}` : '';
  const jpegKey = jpeg
    ? `/${jpeg.quality} ${jpeg.subsampling}${jpeg.subsamplingAsked ? '!' : ''}${jpeg.cosine ? ' cosine' : ''}`
    : '';
  const key = `${choice.name}/${pixels.key}${levelKey}${jpegKey}`;
  const { name: encoding, encoder, deflates } = choice;
  return { key, encoding, encoder, deflates, pixels, level: levelClass, jpeg };
}

/** The same profile with nothing lost. */
export function losslessProfile(profile: EncodeProfile): EncodeProfile {
  if (!profile.jpeg) return profile;
  return { ...profile, jpeg: null, key: profile.key.slice(0, profile.key.lastIndexOf('/')) };
}

/** What the ten quality levels of rfb mean: the same figures as TurboVNC and TigerVNC use, which viewers expect. */
const QUALITY_LEVELS: readonly JpegQuality[] = [
  { quality: 15, subsampling: '4:2:0' },
  { quality: 29, subsampling: '4:2:0' },
  { quality: 41, subsampling: '4:2:0' },
  { quality: 42, subsampling: '4:2:2' },
  { quality: 62, subsampling: '4:2:2' },
  { quality: 77, subsampling: '4:2:2' },
  { quality: 79, subsampling: '4:4:4' },
  { quality: 86, subsampling: '4:4:4' },
  { quality: 92, subsampling: '4:4:4' },
  { quality: 100, subsampling: '4:4:4' },
];

/** @param level 0-9 */
export function qualityOfLevel(level: number): JpegQuality {
  return QUALITY_LEVELS[level] ?? QUALITY_LEVELS[8]!;
}

/** A quality of 1-100 in classes of five, with the subsampling that goes with it. */
export function qualityOfPercent(percent: number): JpegQuality {
  const quality = Math.max(5, Math.min(100, Math.round(percent / 5) * 5));
  return { quality, subsampling: quality >= 78 ? '4:4:4' : quality >= 42 ? '4:2:2' : '4:2:0' };
}
