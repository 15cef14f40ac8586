import type { ShareSnapshot } from '../session/snapshot.js';
import { rateText } from './format.js';

/** How long the rates, which are over the last second, need to hold nothing of the level before. */
const SETTLED_MS = 2500;

interface Before {
  readonly level: number;
  readonly fps: number;
  readonly bytesPerFrame: number;
}

/** Says what a change of level bought: "level 6 to 1: 31 to 54 fps, +18 % bytes". Fed every snapshot, in order. */
export class LevelEffect {
  #last: ShareSnapshot | null = null;
  #before: Before | null = null;
  #changedAt = 0;

  /** The sentence, once, when the figures of the new level have settled; else null. */
  next(snapshot: ShareSnapshot): string | null {
    const last = this.#last;
    this.#last = snapshot;
    if (last && last.level !== snapshot.level) {
      // Keys pressed one after the other compare with where they started.
      this.#before ??= { level: last.level, fps: last.fps, bytesPerFrame: last.bytesPerFrame };
      this.#changedAt = snapshot.t;
    }
    const before = this.#before;
    if (before === null || snapshot.t - this.#changedAt < SETTLED_MS) return null;
    this.#before = null;
    if (before.level === snapshot.level || before.bytesPerFrame <= 0 || snapshot.bytesPerFrame <= 0) return null;
    const change = (snapshot.bytesPerFrame / before.bytesPerFrame - 1) * 100;
    const bytes = Math.abs(change) < 1000 ? `${change.toFixed(0)} %` : `x${(change / 100 + 1).toFixed(0)}`;
    const fps = `${rateText(before.fps)} to ${rateText(snapshot.fps)} fps`;
    return `level ${before.level} to ${snapshot.level}: ${fps}, ${change >= 0 && change < 1000 ? '+' : ''}${bytes} bytes a frame`;
  }
}
