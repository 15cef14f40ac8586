import type { Clock } from '../../core/clock.js';
import type { ShareFigures } from '../stats/share-figures.js';

/** The delay before a new level is measured, so that the last second's figures contain none of the old level. */
const SETTLE_MS = 1500;

interface Measure {
  /** Changed frames per second and viewer. */
  readonly fps: number;
  /** Mean bytes per frame. */
  readonly bytes: number;
}

/** Reports the effect of a new deflate level, measured before and after the change. */
export class LevelReport {
  readonly #clock: Clock;
  readonly #figures: ShareFigures;
  readonly #viewers: () => number;
  readonly #report: (text: string) => void;
  #from: { level: number; measure: Measure } | null = null;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, figures: ShareFigures, viewers: () => number, report: (text: string) => void) {
    this.#clock = clock;
    this.#figures = figures;
    this.#viewers = viewers;
    this.#report = report;
  }

  /** To be called before the new level is used. Changes in quick succession are reported as one. */
  changing(from: number, to: number): void {
    if (this.#viewers() === 0) {
      this.stop();
      return;
    }
    this.#from ??= { level: from, measure: this.#measure() };
    this.#cancel?.();
    this.#cancel = this.#clock.after(SETTLE_MS, () => this.#finish(to));
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#from = null;
  }

  #measure(): Measure {
    const now = this.#clock.now();
    return {
      fps: this.#figures.changedFps(now) / Math.max(this.#viewers(), 1),
      bytes: this.#figures.bytesPerFrame(now),
    };
  }

  #finish(level: number): void {
    const before = this.#from;
    this.stop();
    if (!before || before.level === level || this.#viewers() === 0) return;
    const text = levelText(before.level, level, before.measure, this.#measure());
    if (text) this.#report(text);
  }
}

/** Null when there is nothing to compare. */
export function levelText(from: number, to: number, before: Measure, after: Measure): string | null {
  if (before.bytes === 0 || after.bytes === 0) return null;
  const percent = Math.round((after.bytes / before.bytes - 1) * 100);
  const bytes = `${percent < 0 ? '−' : '+'}${Math.abs(percent)} % bytes`;
  const moving = before.fps >= 2 && after.fps >= 2;
  const fps = moving ? `${Math.round(before.fps)} to ${Math.round(after.fps)} fps, ` : 'static screen, ';
  return `compression level ${from} to ${to}: ${fps}${bytes} a frame`;
}
