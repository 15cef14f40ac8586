import { RollingWindow } from './rolling-window.js';

const SPAN_MS = 1000;

/** The part of the last second in which anything was in progress. Overlapping work counts once. */
export class BusyMeter {
  readonly #ended = new RollingWindow(SPAN_MS);
  #going = 0;
  #since = 0;
  readonly #idle = new Set<() => void>();

  /** Work begins. @returns ends it */
  begin(now: number): (now: number) => void {
    if (this.#going++ === 0) this.#since = now;
    let over = false;
    return end => {
      if (over) return;
      over = true;
      if (--this.#going > 0) return;
      this.#ended.add(end, end - this.#since);
      if (this.#idle.size === 0) return;
      const waiting = [...this.#idle];
      this.#idle.clear();
      for (const each of waiting) each();
    };
  }

  /** Calls back once, when no work is in progress. @returns cancels that */
  onIdle(callback: () => void): () => void {
    this.#idle.add(callback);
    return () => this.#idle.delete(callback);
  }

  /** The beginning of the current uninterrupted work; null: idle. */
  get since(): number | null {
    return this.#going > 0 ? this.#since : null;
  }

  /** 0 to 1. */
  share(now: number): number {
    const going = this.#going > 0 ? now - Math.max(this.#since, now - SPAN_MS) : 0;
    return Math.min((this.#ended.sum(now) + going) / SPAN_MS, 1);
  }
}
