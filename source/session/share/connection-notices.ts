import type { Clock } from '../../core/clock.js';
import { TimeBudget } from '../time-budget.js';

/** The burst of notices that are shown at once, and the interval after which one more is allowed. */
const VIEWER_NOTICES = { burst: 64, intervalMs: 1000 } as const;
const STRANGER_NOTICES = { burst: 10, intervalMs: 2000 } as const;
/** Further ones are counted and summarised after this long. */
const SUMMARY_MS = 10_000;

/** Reports connections and disconnections. A flood of connections fills neither the screen nor the log. */
export class ConnectionNotices {
  readonly #clock: Clock;
  readonly #notice: (tone: 'info' | 'good', text: string) => void;
  readonly #viewers = new TimeBudget(VIEWER_NOTICES.burst, 1 / VIEWER_NOTICES.intervalMs);
  readonly #strangers = new TimeBudget(STRANGER_NOTICES.burst, 1 / STRANGER_NOTICES.intervalMs);
  #suppressed = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, notice: (tone: 'info' | 'good', text: string) => void) {
    this.#clock = clock;
    this.#notice = notice;
  }

  /** A viewer started watching. */
  joined(text: string): void {
    this.#report('good', text, this.#viewers);
  }

  /** @param watched whether it was ever accepted */
  left(text: string, watched: boolean): void {
    this.#report('info', text, watched ? this.#viewers : this.#strangers);
  }

  close(): void {
    this.#cancel?.();
  }

  #report(tone: 'info' | 'good', text: string, budget: TimeBudget): void {
    const now = this.#clock.now();
    if (budget.left(now) >= 1) {
      budget.spend(1, now);
      this.#notice(tone, text);
      return;
    }
    this.#suppressed++;
    this.#cancel ??= this.#clock.after(SUMMARY_MS, () => {
      this.#cancel = null;
      this.#notice('info', `${this.#suppressed} more connected or left`);
      this.#suppressed = 0;
    });
  }
}
