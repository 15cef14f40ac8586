import type { ScreenView } from '../../../pixels/screen.js';
import { WORK_WEIGHT } from '../tuning.js';

/**
 * Synchronises viewers with large updates, so that they reach the same version. Others may join the encoding of the
 * version in progress; a viewer that is ready later waits for its end and then takes the newest version with all that
 * wait. Otherwise each of many viewers would have its own version of a film encoded separately.
 */
export class EncodeBarrier {
  #screen: ScreenView | null = null;
  #version = 0;
  #running = 0;
  #typicalMs = 0;
  readonly #waiting = new Set<() => void>();

  /**
   * Whether large work on the screen's present version may begin: there is none in progress, or it is on the same
   * version.
   */
  mayBegin(screen: ScreenView): boolean {
    return this.#running === 0 || (screen === this.#screen && screen.version === this.#version);
  }

  /** Whether large work is in progress. */
  get busy(): boolean {
    return this.#running > 0;
  }

  /** The recent average time of such work. */
  get typicalMs(): number {
    return this.#typicalMs;
  }

  /**
   * Begins, after `mayBegin`.
   * @returns the function that ends it, to be called once with the time it took
   */
  begin(screen: ScreenView): (ms: number) => void {
    this.#screen = screen;
    this.#version = screen.version;
    this.#running++;
    return ms => {
      this.#typicalMs = this.#typicalMs * (1 - WORK_WEIGHT) + ms * WORK_WEIGHT;
      this.#running--;
      if (this.#running > 0) return;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const each of waiting) each();
    };
  }

  /** Calls back once when no work is in progress. */
  wait(callback: () => void): void {
    this.#waiting.add(callback);
  }

  /** Stops waiting. */
  forget(callback: () => void): void {
    this.#waiting.delete(callback);
  }
}
