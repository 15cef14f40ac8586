/** A token bucket of time, refilled by a share of the time that passes. All in milliseconds. */
export class TimeBudget {
  readonly #most: number;
  readonly #share: number;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;

  /** @param most the capacity @param share refilled per time passed, 0 to 1 */
  constructor(most: number, share: number) {
    this.#most = most;
    this.#share = share;
    this.#left = most;
  }

  /** Available now; 0 or less: nothing. */
  left(now: number): number {
    if (now > this.#at) {
      this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#share);
      this.#at = now;
    }
    return this.#left;
  }

  spend(ms: number, now: number): void {
    this.#left = this.left(now) - ms;
  }

  /** Time until something is available. */
  waitMs(now: number): number {
    return Math.max(-this.left(now) / this.#share, 0);
  }
}
