/** So many samples may be too old before they are dropped without being asked for. */
const MOST_OLD = 256;

/** Count and sum of the values of the last `span` milliseconds. Reading drops old values, adding only many of them. */
export class RollingWindow {
  readonly #span: number;
  /** Of each sample, in two arrays of numbers: those take no memory of their own. */
  #times: number[] = [];
  #values: number[] = [];
  #first = 0;
  #sum = 0;
  #dropFrom = MOST_OLD;

  constructor(span = 1000) {
    this.#span = span;
  }

  add(time: number, value: number): void {
    this.#times.push(time);
    this.#values.push(value);
    this.#sum += value;
    if (this.#times.length >= this.#dropFrom) {
      this.#drop(time);
      this.#dropFrom = 2 * this.#times.length + MOST_OLD;
    }
  }

  count(now: number): number {
    this.#drop(now);
    return this.#times.length - this.#first;
  }

  sum(now: number): number {
    this.#drop(now);
    return this.#sum;
  }

  /** Null when nothing was added in the span. */
  mean(now: number): number | null {
    const count = this.count(now);
    return count > 0 ? this.#sum / count : null;
  }

  clear(): void {
    this.#times = [];
    this.#values = [];
    this.#first = 0;
    this.#sum = 0;
  }

  /** Drops samples as old as the span. */
  #drop(now: number): void {
    const times = this.#times;
    while (this.#first < times.length && times[this.#first]! <= now - this.#span) {
      this.#sum -= this.#values[this.#first]!;
      this.#first++;
    }
    if (this.#first === times.length) {
      if (this.#first > 0) this.clear();
    } else if (this.#first >= MOST_OLD) {
      times.splice(0, this.#first);
      this.#values.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

/** Percentiles of the values of the last `span` milliseconds. */
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
