import type { Clock } from '../../../core/clock.js';

/** The resolution of timers. */
const MIN_REST_MS = 1;

/**
 * Gives waiting callers their turns one after the other, with pauses for everybody else in between: however many they
 * are, together they get a fixed fraction of the time.
 */
export class TurnQueue {
  readonly #clock: Clock;
  /** The pause after a turn, relative to its length. */
  readonly #rest: number;
  readonly #waiting = new Set<() => void>();
  #going = false;
  #held = false;

  /** @param share the fraction of the time, 0 to 1 */
  constructor(clock: Clock, share: number) {
    this.#clock = clock;
    this.#rest = 1 / share - 1;
  }

  /** Calls back once, on the caller's turn. */
  wait(turn: () => void): void {
    this.#waiting.add(turn);
    if (!this.#going) this.#next(0);
  }

  /** Leaves the queue. */
  forget(turn: () => void): void {
    this.#waiting.delete(turn);
  }

  /**
   * To be called in a turn that continues after its callback has returned.
   * @returns the function that ends it, to be called once with the time it took
   */
  hold(): (ms: number) => void {
    this.#held = true;
    return ms => this.#next(ms * this.#rest);
  }

  #next(restMs: number): void {
    this.#going = true;
    this.#clock.after(Math.max(restMs, MIN_REST_MS), () => {
      const [turn] = this.#waiting;
      if (turn === undefined) {
        this.#going = false;
        return;
      }
      this.#waiting.delete(turn);
      this.#held = false;
      const began = this.#clock.now();
      turn();
      if (!this.#held) this.#next((this.#clock.now() - began) * this.#rest);
    });
  }
}
