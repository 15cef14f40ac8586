import type { Clock } from '../../../core/clock.js';
import type { SlicePace } from '../../../transport/sliced-stream.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { TurnQueue } from './turn-queue.js';

/** The pace for the frames of one browser: as many bytes as an ordinary one sends, and more in turn among all viewers. */
export class ReadingPace implements SlicePace {
  readonly #clock: Clock;
  readonly #turns: TurnQueue;
  /** Counts bytes, not milliseconds. */
  readonly #credit = new TimeBudget(VIEWER_LIMITS.framesBytes, VIEWER_LIMITS.framesBytesPerMs);

  constructor(clock: Clock, turns: TurnQueue) {
    this.#clock = clock;
    this.#turns = turns;
  }

  take(bytes: number): boolean {
    const now = this.#clock.now();
    if (this.#credit.left(now) <= 0) return false;
    this.#credit.spend(bytes, now);
    return true;
  }

  wait(turn: () => void): void {
    this.#turns.wait(turn);
  }

  forget(turn: () => void): void {
    this.#turns.forget(turn);
  }
}
