/** Limits the number of concurrent tasks; the others wait in order of arrival. */
export class Semaphore {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when the task may run; `release` must follow. Null: it may run at once. */
  acquire(): Promise<void> | null {
    if (this.#running < this.#limit) {
      this.#running++;
      return null;
    }
    return new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  release(): void {
    // The permit passes directly to the next task.
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
