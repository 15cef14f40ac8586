import type { JpegQuality } from '../jpeg/jpeg-library.js';

/**
 * Levels are grouped so that more viewers share encoded rectangles. The levels in between cost more and gain nothing.
 */
const LEVEL_CLASSES = [0, 1, 2, 2, 4, 4, 6, 6, 9, 9] as const;

/** The distinct levels, each with the range of 0-9 that it stands for. */
export const DISTINCT_LEVELS = [...new Set(LEVEL_CLASSES)].map(level => ({
  level,
  least: LEVEL_CLASSES.indexOf(level),
  most: LEVEL_CLASSES.lastIndexOf(level),
}));

/** The distinct level that a level of 0-9 is encoded with. */
export function classOfLevel(level: number): number {
  return LEVEL_CLASSES[Math.max(0, Math.min(9, level))] ?? 6;
}

/** The meaning of rfb's ten quality levels: the same values as in TurboVNC and TigerVNC, which viewers expect. */
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

/** The quality level nearest to a quality of 1-100. */
export function levelOfPercent(percent: number): number {
  const distances = QUALITY_LEVELS.map(({ quality }) => Math.abs(quality - percent));
  return distances.indexOf(Math.min(...distances));
}

/** A quality of 1-100 rounded to a multiple of five, with a suitable subsampling. */
export function qualityOfPercent(percent: number): JpegQuality {
  const quality = Math.max(5, Math.min(100, Math.round(percent / 5) * 5));
  return { quality, subsampling: quality >= 78 ? '4:4:4' : quality >= 42 ? '4:2:2' : '4:2:0' };
}
