import type { Clock } from '../../core/clock.js';
import { TimeBudget } from '../time-budget.js';

/** So many are told at once, and one more each time that so many milliseconds have gone by. */
const OF_VIEWERS = { atOnce: 64, oneEachMs: 1000 } as const;
const OF_STRANGERS = { atOnce: 10, oneEachMs: 2000 } as const;
/** The others are counted, and told of together after so long. */
const TOGETHER_MS = 10_000;

/** Tells who came and who left. A flood of connections fills neither the screen nor the log. */
export class ConnectionNotices {
  readonly #clock: Clock;
  readonly #notice: (tone: 'info' | 'good', text: string) => void;
  readonly #viewers = new TimeBudget(OF_VIEWERS.atOnce, 1 / OF_VIEWERS.oneEachMs);
  readonly #strangers = new TimeBudget(OF_STRANGERS.atOnce, 1 / OF_STRANGERS.oneEachMs);
  #untold = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, notice: (tone: 'info' | 'good', text: string) => void) {
    this.#clock = clock;
    this.#notice = notice;
  }

  /** One watches from now on. */
  watches(text: string): void {
    this.#tell('good', text, this.#viewers);
  }

  /** @param watched whether it ever got so far */
  left(text: string, watched: boolean): void {
    this.#tell('info', text, watched ? this.#viewers : this.#strangers);
  }

  close(): void {
    this.#cancel?.();
  }

  #tell(tone: 'info' | 'good', text: string, budget: TimeBudget): void {
    const now = this.#clock.now();
    if (budget.left(now) >= 1) {
      budget.spend(1, now);
      this.#notice(tone, text);
      return;
    }
    this.#untold++;
    this.#cancel ??= this.#clock.after(TOGETHER_MS, () => {
      this.#cancel = null;
      this.#notice('info', `and ${this.#untold} more times somebody connected or left`);
      this.#untold = 0;
    });
  }
}
