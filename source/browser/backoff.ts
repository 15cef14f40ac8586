const FIRST_MS = 500;
const LONGEST_MS = 8000;
/** After a connection that showed pictures for this long, the pauses start over. */
const STEADY_MS = 5000;

/** The pauses before reconnecting: longer each time, with jitter so that viewers do not all come back at once. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** @param random from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** @param watchedMs how long the connection that has just ended showed pictures; 0: it never did */
  nextMs(watchedMs: number): number {
    if (watchedMs > STEADY_MS) this.#failures = 0;
    const most = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures++;
    return most / 2 + (this.#random() * most) / 2;
  }

  reset(): void {
    this.#failures = 0;
  }
}
