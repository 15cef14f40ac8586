import type { BakeoffRow, PredictedLimit } from '../../bakeoff.js';
import type { LinkRate } from '../../stats/link-figures.js';

/** The input of a prediction. Times are milliseconds. */
export interface PredictionInput {
  readonly fpsCap: number;
  /** The time to capture and compare a frame. */
  readonly captureMs: number;
  /** Null: unknown. */
  readonly link: LinkRate | null;
  /**
   * Whether a frame is encoded while the previous one is in flight; otherwise the viewer requests it first, a round
   * trip later.
   */
  readonly overlapped: boolean;
  readonly rttMs: number | null;
  /** The share's encoding time relative to the trial's, because the share has other work too; at least 1. */
  readonly slowdown: number;
}

/** Below this the time is mostly fixed overhead, which a slowdown does not multiply. */
const MIN_ENCODE_MS = 5;
const MAX_SLOWDOWN = 4;

/**
 * @param shareMs the share's time to encode a frame
 * @param trialMs the trial's time for the same encoding
 */
export function slowdownOf(shareMs: number, trialMs: number): number {
  if (shareMs < MIN_ENCODE_MS || trialMs <= 0) return 1;
  return Math.min(Math.max(shareMs / trialMs, 1), MAX_SLOWDOWN);
}

export interface Prediction {
  readonly fps: number;
  readonly limit: PredictedLimit;
  /** A lower bound: the link may carry more than was measured. */
  readonly least: boolean;
}

/** The frame rate, given the time and the bytes per frame. */
export function predict(frame: { readonly ms: number; readonly bytes: number }, by: PredictionInput): Prediction {
  const { link, overlapped } = by;
  const ms = frame.ms * by.slowdown;
  const onLink = (link ? (frame.bytes * 1000) / link.bytesPerSecond : 0) + (overlapped ? 0 : (by.rttMs ?? 0));
  const cycle = overlapped ? Math.max(ms, onLink) : ms + onLink;
  const slowest = Math.max(cycle, by.captureMs, 1000 / by.fpsCap);
  const limit = slowest === cycle ? (onLink > ms ? 'link' : 'encode') : slowest === by.captureMs ? 'capture' : 'cap';
  return {
    fps: limit === 'cap' ? by.fpsCap : 1000 / slowest,
    limit,
    least: limit === 'link' && link !== null && link.least,
  };
}

/** Rates that differ by less count as equal. */
const ABOUT_FPS = 0.95;

/**
 * The best choice: among those with about the highest rate, prefer lossless ones, then the fewest bytes, then the
 * fastest.
 */
export function bestOf<Row extends Pick<BakeoffRow, 'choice' | 'ms' | 'bytes' | 'fps'>>(
  rows: readonly Row[],
): Row | null {
  const fastest = Math.max(...rows.map(({ fps }) => fps));
  const fast = rows.filter(({ fps }) => fps >= fastest * ABOUT_FPS);
  const exact = fast.filter(({ choice }) => choice.jpeg === null);
  const left = exact.length > 0 ? exact : fast;
  return left.reduce<Row | null>((best, row) => (best && smaller(best, row) ? best : row), null);
}

/** Compares whole bytes, as the table shows them. */
function smaller(a: Pick<BakeoffRow, 'bytes' | 'ms'>, b: Pick<BakeoffRow, 'bytes' | 'ms'>): boolean {
  const bytes = Math.round(a.bytes) - Math.round(b.bytes);
  return bytes < 0 || (bytes === 0 && a.ms <= b.ms);
}

/** The best first, then by rate; with equal rates by bytes. */
export function byRate(a: BakeoffRow, b: BakeoffRow): number {
  if (a.best !== b.best) return a.best ? -1 : 1;
  const rates = Math.round(b.fps * 10) - Math.round(a.fps * 10);
  return rates || a.bytes - b.bytes || a.ms - b.ms;
}
