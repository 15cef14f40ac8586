/** More memory is not held by what is put off. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Working memory of a rectangle that is kept for the next one: enough for a sharer's cells. More is freed. */
export const KEPT_BYTES = 512 * 1024;

interface Waiting {
  readonly painted: () => void;
  readonly failed: (reason: unknown) => void;
}

/**
 * Rectangles that are put off, where there are threads, to be decoded together: each by one call of a kernel or more.
 */
export class PutOff<Work> {
  readonly #decode: (works: readonly Work[]) => readonly unknown[];
  #works: Work[] = [];
  #waiting: Waiting[] = [];
  #bytes = 0;

  /** @param decode returns for each what is wrong with it, or null */
  constructor(decode: (works: readonly Work[]) => readonly unknown[]) {
    this.#decode = decode;
  }

  get works(): readonly Work[] {
    return this.#works;
  }

  /**
   * Puts one off, or decodes it at once with all before it.
   * @param bytes of memory that it holds
   * @param most rectangles to put off
   * @returns resolves when it is painted, or rejects with what is wrong with it
   */
  add(work: Work, bytes: number, most: number): Promise<void> {
    const done = new Promise<void>((painted, failed) => {
      this.#works.push(work);
      this.#waiting.push({ painted, failed });
    });
    this.#bytes += bytes;
    if (this.#works.length >= most || this.#bytes >= MAX_BYTES) this.finish();
    return done;
  }

  /** Decodes what was put off. */
  finish(): void {
    if (this.#works.length === 0) return;
    const [works, waiting] = this.#taken();
    try {
      const faults = this.#decode(works);
      for (const [index, { painted, failed }] of waiting.entries()) {
        const fault = faults[index] ?? null;
        if (fault === null) painted();
        else failed(fault);
      }
    } catch (thrown) {
      for (const { failed } of waiting) failed(thrown);
    }
  }

  /** What was put off is never painted. */
  drop(): void {
    const [, waiting] = this.#taken();
    for (const { painted } of waiting) painted();
  }

  #taken(): [Work[], Waiting[]] {
    const taken: [Work[], Waiting[]] = [this.#works, this.#waiting];
    this.#works = [];
    this.#waiting = [];
    this.#bytes = 0;
    return taken;
  }
}
