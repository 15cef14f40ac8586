/** The program's time, replaceable in tests. */
export interface Clock {
  /** Monotonic milliseconds since a fixed moment, with fractions. */
  now(): number;
  /** Calls back once after `ms` milliseconds. @returns a function that cancels it */
  after(ms: number, callback: () => void): () => void;
  /** Calls back after all pending work has had its turn. */
  soon(callback: () => void): void;
}

/**
 * The wall clock's time, but never going back.
 * @param even a steady clock that was right at some time
 */
export function neverBack(wall: () => number, even: () => number): () => number {
  let ahead = 0;
  return () => {
    const now = even();
    ahead = Math.max(ahead, wall() - now);
    return Math.trunc(now + ahead);
  };
}

/** How long something may fail before it counts as broken. */
export class FailureTimeout {
  readonly #clock: Clock;
  readonly #ms: number;
  #since: number | null = null;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Reports a failure. @returns whether it has been failing for too long */
  failed(): boolean {
    const now = this.#clock.now();
    this.#since ??= now;
    return now - this.#since >= this.#ms;
  }

  succeeded(): void {
    this.#since = null;
  }
}
