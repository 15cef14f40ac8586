import type { Clock } from '../../../core/clock.js';

/** Timers are no finer. */
const MIN_REST_MS = 1;

/**
 * Lets those who wait have their turn one after the other, with rests for everybody else in between: however many they are,
 * they have a part of the time together.
 */
export class TurnQueue {
  readonly #clock: Clock;
  /** After a turn the others have so many times as long. */
  readonly #rest: number;
  readonly #waiting = new Set<() => void>();
  #going = false;
  #held = false;

  /** @param share the part of the time, 0 to 1 */
  constructor(clock: Clock, share: number) {
    this.#clock = clock;
    this.#rest = 1 / share - 1;
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

  /**
   * Called in a turn that goes on after its callback has returned.
   * @returns what ends it, to be called once with the time that it took
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
