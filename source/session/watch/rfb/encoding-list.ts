import { levelOfPercent } from '../../../codecs/encode/levels.js';
import { listedEncodings } from '../../../codecs/encodings/registry.js';
import { LEVEL_ENCODINGS, MAX_RATE_UNIT, PSEUDO_ENCODING } from '../../../protocols/rfb/constants.js';
import type { Quality } from '../../share-options.js';

/** The viewer's preferences, resolved: `auto` has been decided. */
export interface EncodingPreferences {
  /** Pixel encodings, best first. */
  readonly encodings: readonly number[];
  /** Whether H.264 may come. */
  readonly video: boolean;
  /** JPEG quality 1-100, a coarse level 0-9 as TigerVNC counts them, or no JPEG at all. */
  readonly quality: { readonly percent: number } | { readonly level: number } | 'lossless';
  readonly compression: number;
  /** What it wants to be sent at most, in bytes a second; null: whatever its link carries. */
  readonly maxRate: number | null;
}

/** The pseudo-encodings that this viewer supports. */
const PSEUDO_ENCODINGS: readonly number[] = [
  PSEUDO_ENCODING.lastRect,
  PSEUDO_ENCODING.desktopSize,
  PSEUDO_ENCODING.extendedDesktopSize,
  PSEUDO_ENCODING.desktopName,
  PSEUDO_ENCODING.cursorWithAlpha,
  PSEUDO_ENCODING.cursor,
  PSEUDO_ENCODING.xCursor,
  PSEUDO_ENCODING.pointerPos,
  PSEUDO_ENCODING.tightPointerPos,
  PSEUDO_ENCODING.fence,
  PSEUDO_ENCODING.continuousUpdates,
  PSEUDO_ENCODING.shareStatus,
];

/** The numbers for SetEncodings. */
export function encodingList({ encodings, video, quality, compression, maxRate }: EncodingPreferences): number[] {
  return [
    ...listedEncodings(encodings, video),
    ...PSEUDO_ENCODINGS,
    ...qualityEncodings(quality),
    LEVEL_ENCODINGS.compression.base + compression,
    ...rateEncodings(maxRate),
  ];
}

/** A sharer that does not know them ignores them. */
function rateEncodings(maxRate: number | null): number[] {
  if (maxRate === null) return [];
  const { base, least, most } = LEVEL_ENCODINGS.maxRate;
  return [base + Math.max(least, Math.min(most, Math.round(maxRate / MAX_RATE_UNIT)))];
}

function qualityEncodings(quality: EncodingPreferences['quality']): number[] {
  if (quality === 'lossless') return [];
  if ('level' in quality) return [LEVEL_ENCODINGS.quality.base + quality.level];
  // Servers that know the fine scale use it, the others the nearest coarse level.
  const level = levelOfPercent(quality.percent);
  return [LEVEL_ENCODINGS.quality.base + level, LEVEL_ENCODINGS.fineQuality.base + quality.percent];
}

/**
 * The viewer's choices, with `auto` decided by the link: more compression on a slow one, and more loss.
 * @param adapts the sharer itself lowers the quality as its link needs
 */
export function preferencesFor(
  quality: Quality,
  level: number | null,
  fast: boolean,
  adapts: boolean,
): Pick<EncodingPreferences, 'quality' | 'compression'> {
  return {
    quality:
      quality === 'auto' ? { level: fast || adapts ? 8 : 6 } : quality === 'lossless' ? quality : { percent: quality },
    compression: level ?? (fast ? 2 : 6),
  };
}
