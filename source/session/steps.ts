import type { Quality } from './share-options.js';
import { LIMITS } from './share-options.js';
import type { Scale } from './watch-options.js';

/** The values that keys step through, in the dashboards and in the window, and names for saved files. */

export function stepLevel(level: number, step: 1 | -1): number {
  return Math.max(LIMITS.level.least, Math.min(LIMITS.level.most, level + step));
}

const QUALITY_STEP = 10;
/** The first step from "auto", and down from "lossless". */
const FIRST_QUALITY = 80;

export function stepQuality(quality: Quality, step: 1 | -1): Quality {
  if (typeof quality !== 'number') return step > 0 && quality === 'lossless' ? quality : FIRST_QUALITY;
  return Math.max(QUALITY_STEP, Math.min(LIMITS.quality.most, quality + step * QUALITY_STEP));
}

const CAPS = [5, 10, 15, 24, 30, 60, 120, 240];

/** The next fps cap; after the highest comes the lowest. */
export function nextCap(fps: number): number {
  return CAPS.find(cap => cap > fps) ?? CAPS[0]!;
}

/** In Mbit/s. */
const RATES = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000];

/** The next rate limit up or down; above the highest there is none (null). In Mbit/s. */
export function stepRate(mbit: number | null, step: 1 | -1): number | null {
  if (step > 0) return mbit === null ? null : (RATES.find(rate => rate > mbit) ?? null);
  const lower = RATES.filter(rate => rate < (mbit ?? Number.POSITIVE_INFINITY));
  return lower.at(-1) ?? RATES[0]!;
}

/** In Mbit/s: what is sent at a lower rate says little about the link. */
const TELLING = 1;
/** In Mbit/s, where nothing is known of the link: enough for a desktop, and for a film as video. */
const USUAL_LIMIT = 20;

/**
 * The first rate limit, in Mbit/s: one that makes a difference, so below what is sent now or, where that is next to
 * nothing, below what the link carries.
 * @param carried what the link was measured to carry; null: unknown
 */
export function firstRate(sent: number, carried: number | null): number {
  const measured = sent >= TELLING ? sent : carried;
  return measured === null ? USUAL_LIMIT : (stepRate(measured, -1) ?? USUAL_LIMIT);
}

const SCALES: readonly Scale[] = ['fit', 1, 2, 3];

export function nextScale(scale: Scale): Scale {
  return SCALES[(SCALES.indexOf(scale) + 1) % SCALES.length] ?? 'fit';
}

/** The ending of a recording's name. */
export const RECORDING_ENDING = 'pglog';

/** "peerglass-watch-20260131-235959.png", in local time. Files go to the working directory. */
export function fileName(
  role: 'share' | 'watch' | 'link' | 'play',
  date: Date,
  ending: 'png' | 'pcapng' | typeof RECORDING_ENDING,
): string {
  const part = (value: number): string => value.toString().padStart(2, '0');
  const day = `${date.getFullYear()}${part(date.getMonth() + 1)}${part(date.getDate())}`;
  return `peerglass-${role}-${day}-${part(date.getHours())}${part(date.getMinutes())}${part(date.getSeconds())}.${ending}`;
}
