/** The least value of the last one or two spans of time. */
export class RecentLeast {
  readonly #spanMs: number;
  #least = Number.POSITIVE_INFINITY;
  #before = Number.POSITIVE_INFINITY;
  #since: number | null = null;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Infinity: there is none. */
  get least(): number {
    return Math.min(this.#least, this.#before);
  }

  add(value: number, now: number): void {
    this.#since ??= now;
    if (now - this.#since > this.#spanMs) {
      this.#before = this.#least;
      this.#least = Number.POSITIVE_INFINITY;
      this.#since = now;
    }
    this.#least = Math.min(this.#least, value);
  }
}
