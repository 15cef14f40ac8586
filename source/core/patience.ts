import type { Clock } from './clock.js';

/** How long something may fail in a row before it counts as broken. */
export class Patience {
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
