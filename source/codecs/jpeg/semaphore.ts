/** Lets so many tasks run at once; the others wait in the order in which they came. */
export class Semaphore {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when it is one's turn, which `release` ends. Null: at once. */
  acquire(): Promise<void> | null {
    if (this.#running < this.#most) {
      this.#running++;
      return null;
    }
    return new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  release(): void {
    // The place goes straight to the next one.
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
