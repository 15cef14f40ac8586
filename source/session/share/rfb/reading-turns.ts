import type { Clock } from '../../../core/clock.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';

/** After a turn the others have the thread for so many times as long. */
const REST = 1 / VIEWER_LIMITS.turnsShare - 1;
/** Timers are no finer. */
const LEAST_REST_MS = 1;

/**
 * Lets viewers who have said so much that it takes time be read one after the other, a slice each, with rests for everybody
 * else in between. However many they are, and whatever they say, they have a part of the thread together.
 */
export class ReadingTurns {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #going = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once, when it is the caller's turn. */
  wait(turn: () => void): void {
    this.#waiting.add(turn);
    if (!this.#going) this.#next(0);
  }

  /** No longer waits. */
  forget(turn: () => void): void {
    this.#waiting.delete(turn);
  }

  #next(restMs: number): void {
    this.#going = true;
    this.#clock.after(Math.max(restMs, LEAST_REST_MS), () => {
      const [turn] = this.#waiting;
      if (turn === undefined) {
        this.#going = false;
        return;
      }
      this.#waiting.delete(turn);
      const began = this.#clock.now();
      turn();
      this.#next((this.#clock.now() - began) * REST);
    });
  }
}
