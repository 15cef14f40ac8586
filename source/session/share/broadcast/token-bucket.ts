/** How much may be put by for later. */
const BURST_SECONDS = 0.5;

/** Keeps a stream to a rate: whoever wants to send needs tokens left, and pays for what was sent afterwards. */
export class TokenBucket {
  readonly #rate: () => number;
  #tokens: number;
  #at: number;

  /**
   * @param rate the present one, in bytes a second
   * @param now milliseconds, as for all calls
   */
  constructor(rate: () => number, now: number) {
    this.#rate = rate;
    this.#tokens = rate() * BURST_SECONDS;
    this.#at = now;
  }

  /** Bytes that may be sent now; below 0: sent in advance. */
  available(now: number): number {
    const rate = this.#rate();
    this.#tokens = Math.min(this.#tokens + ((now - this.#at) / 1000) * rate, rate * BURST_SECONDS);
    this.#at = now;
    return this.#tokens;
  }

  /** What is left over, of which less urgent things may go: more than half a burst is there. */
  spare(now: number): number {
    return Math.max(this.available(now) - (this.#rate() * BURST_SECONDS) / 2, 0);
  }

  /** Bytes were sent. */
  spend(bytes: number, now: number): void {
    this.#tokens = this.available(now) - bytes;
  }

  /** How long until something may be sent. */
  waitMs(now: number): number {
    const tokens = this.available(now);
    // Just above nothing.
    return tokens > 0 ? 0 : ((1 - tokens) / this.#rate()) * 1000;
  }
}
