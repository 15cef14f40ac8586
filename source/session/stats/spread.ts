/** How values of the last `span` milliseconds are spread. */
export class Spread {
  readonly #span: number;
  #samples: { readonly time: number; readonly value: number }[] = [];

  constructor(span = 1000) {
    this.#span = span;
  }

  add(now: number, value: number): void {
    this.#samples.push({ time: now, value });
    if (this.#samples.length > 2 * MOST) this.#samples.splice(0, MOST);
  }

  /** Null when nothing was added in the span. */
  percentiles(now: number): { readonly p50: number; readonly p95: number } | null {
    this.#samples = this.#samples.filter(({ time }) => time > now - this.#span);
    if (this.#samples.length === 0) return null;
    const sorted = this.#samples.map(({ value }) => value).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)]!;
    return { p50: at(0.5), p95: at(0.95) };
  }
}

/** Samples that are kept at least; more viewers than this many answers a second are looked at in part. */
const MOST = 4096;
