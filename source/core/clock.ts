/** Time as the program sees it, so that tests can own it. */
export interface Clock {
  /** Milliseconds since some fixed moment, monotonic, with fractions. */
  now(): number;
  /** Calls back once after `ms` milliseconds. Returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back as soon as everything else that is due has had its turn. */
  soon(callback: () => void): void;
}

/**
 * Time that goes as the wall clock does but never back.
 * @param even goes on evenly, and was right at some time
 */
export function neverBack(wall: () => number, even: () => number): () => number {
  let ahead = 0;
  return () => {
    const now = even();
    ahead = Math.max(ahead, wall() - now);
    return Math.trunc(now + ahead);
  };
}

/** How long something may fail in a row before it counts as broken. */
export class FailureTimeout {
  readonly #clock: Clock;
  readonly #ms: number;
  #since: number | null = null;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** It failed. @returns whether it has done nothing but fail for too long */
  failed(): boolean {
    const now = this.#clock.now();
    this.#since ??= now;
    return now - this.#since >= this.#ms;
  }

  succeeded(): void {
    this.#since = null;
  }
}
