import type { ScreenView } from '../../../pixels/screen.js';
import { WORK_WEIGHT } from '../tuning.js';

/**
 * Lets viewers whose next update is much work for the encoders take turns, so that they come to the same version: what one
 * began to encode the others join, and who is ready later waits until that is done and then takes the newest version with
 * all who wait. Without it each of many viewers would have its own version of a film encoded for it alone.
 */
export class EncodeBarrier {
  #screen: ScreenView | null = null;
  #version = 0;
  #running = 0;
  #typicalMs = 0;
  readonly #waiting = new Set<() => void>();

  /** Whether large work on the screen's present version may begin: there is none, or it is on that version too. */
  mayBegin(screen: ScreenView): boolean {
    return this.#running === 0 || (screen === this.#screen && screen.version === this.#version);
  }

  /** Whether large work is under way. */
  get busy(): boolean {
    return this.#running > 0;
  }

  /** How long such work has taken lately. */
  get typicalMs(): number {
    return this.#typicalMs;
  }

  /** Begins, after `mayBegin`. @returns what ends it, to be called once with the time that it took */
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

  /** Calls back once when there is no work any more. */
  wait(callback: () => void): void {
    this.#waiting.add(callback);
  }

  /** No longer waits. */
  forget(callback: () => void): void {
    this.#waiting.delete(callback);
  }
}
