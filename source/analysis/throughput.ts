/** More spans than this are joined two by two. */
const MOST_SPANS = 600;

/** Bytes by the span of time in which they went, each as long as the others. */
export interface ThroughputSeries {
  readonly spanSeconds: number;
  readonly bytes: readonly number[];
}

/** Sums bytes by the second; by longer spans where the capture is long, or has a clock that jumped by years. */
export class Throughput implements ThroughputSeries {
  spanSeconds = 1;
  bytes: number[] = [];

  /** @param second since the beginning; before it counts as the beginning */
  add(second: number, bytes: number): void {
    const from = Math.max(0, second);
    while (from >= this.spanSeconds * MOST_SPANS) this.#double();
    const span = Math.floor(from / this.spanSeconds);
    while (this.bytes.length <= span) this.bytes.push(0);
    this.bytes[span]! += bytes;
  }

  #double(): void {
    this.spanSeconds *= 2;
    this.bytes = this.bytes.flatMap((sum, at) => (at % 2 === 0 ? [sum + (this.bytes[at + 1] ?? 0)] : []));
  }
}
