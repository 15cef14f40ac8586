/** Time that may be used at once, and comes back as a part of the time that goes by. All in milliseconds. */
export class TimeBudget {
  readonly #most: number;
  readonly #share: number;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;

  /** @param most that is saved up @param share of the time that goes by, 0 to 1 */
  constructor(most: number, share: number) {
    this.#most = most;
    this.#share = share;
    this.#left = most;
  }

  /** What may be used now; 0 or less: nothing. */
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

  /** How long until something may be used. */
  waitMs(now: number): number {
    return Math.max(-this.left(now) / this.#share, 0);
  }
}
