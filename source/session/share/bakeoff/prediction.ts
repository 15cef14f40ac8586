import type { BakeoffRow, PredictedLimit } from '../../bakeoff.js';
import type { LinkRate } from '../../stats/link-figures.js';

/** What a prediction goes by. Times are milliseconds. */
export interface PredictionInput {
  readonly fpsCap: number;
  /** Capturing and comparing a frame. */
  readonly captureMs: number;
  /** Null: unknown. */
  readonly link: LinkRate | null;
  /** Whether a frame is encoded while the one before is on its way; else the viewer asks for it first, a round trip later. */
  readonly overlapped: boolean;
  readonly rttMs: number | null;
  /** How many times longer than the trial says the share takes for a frame of its own, because it is not alone; 1 or more. */
  readonly slowdown: number;
}

/** Below this an encoder's time is mostly that of getting to it, which would not grow with it. */
const MIN_ENCODE_MS = 5;
const MAX_SLOWDOWN = 4;

/** @param shareMs that the share takes to encode a frame @param trialMs that the trial took in the same way */
export function slowdownOf(shareMs: number, trialMs: number): number {
  if (shareMs < MIN_ENCODE_MS || trialMs <= 0) return 1;
  return Math.min(Math.max(shareMs / trialMs, 1), MAX_SLOWDOWN);
}

export interface Prediction {
  readonly fps: number;
  readonly limit: PredictedLimit;
  /** The link may carry more than it was seen to, and with it the rate would be higher. */
  readonly least: boolean;
}

/** How many frames a second there would be, if each took so long to encode and had so many bytes. */
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

/** Rates that differ by less are about the same. */
const ABOUT_FPS = 0.95;

/**
 * The one to take: of those with about the highest rate one that loses nothing, where there is one, of these the one with
 * the fewest bytes, and of those the quickest.
 */
export function bestOf<Row extends Pick<BakeoffRow, 'choice' | 'ms' | 'bytes' | 'fps'>>(
  rows: readonly Row[],
): Row | null {
  const most = Math.max(...rows.map(({ fps }) => fps));
  const fast = rows.filter(({ fps }) => fps >= most * ABOUT_FPS);
  const exact = fast.filter(({ choice }) => choice.jpeg === null);
  const left = exact.length > 0 ? exact : fast;
  return left.reduce<Row | null>((best, row) => (best && smaller(best, row) ? best : row), null);
}

/** As a table shows them: whole bytes. */
function smaller(a: Pick<BakeoffRow, 'bytes' | 'ms'>, b: Pick<BakeoffRow, 'bytes' | 'ms'>): boolean {
  const bytes = Math.round(a.bytes) - Math.round(b.bytes);
  return bytes < 0 || (bytes === 0 && a.ms <= b.ms);
}

/** The best first, then the highest rate; of the same rate the fewest bytes. */
export function byRate(a: BakeoffRow, b: BakeoffRow): number {
  if (a.best !== b.best) return a.best ? -1 : 1;
  const rates = Math.round(b.fps * 10) - Math.round(a.fps * 10);
  return rates || a.bytes - b.bytes || a.ms - b.ms;
}
