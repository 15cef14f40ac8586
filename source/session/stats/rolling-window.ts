interface Sample {
  readonly time: number;
  readonly value: number;
}

/** Values of the last `span` milliseconds: how many, and their sum. Old ones are dropped when it is read or added to. */
export class RollingWindow {
  readonly #span: number;
  #samples: Sample[] = [];
  #first = 0;
  #sum = 0;

  constructor(span = 1000) {
    this.#span = span;
  }

  add(time: number, value: number): void {
    this.#samples.push({ time, value });
    this.#sum += value;
    this.#drop(time);
  }

  count(now: number): number {
    this.#drop(now);
    return this.#samples.length - this.#first;
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
    this.#samples = [];
    this.#first = 0;
    this.#sum = 0;
  }

  /** A sample leaves when it is as old as the span. */
  #drop(now: number): void {
    while (this.#first < this.#samples.length && this.#samples[this.#first]!.time <= now - this.#span) {
      this.#sum -= this.#samples[this.#first]!.value;
      this.#first++;
    }
    if (this.#first === this.#samples.length) this.clear();
    else if (this.#first > 256) {
      this.#samples.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
