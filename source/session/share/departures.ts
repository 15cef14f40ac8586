import type { Clock } from '../../core/clock.js';
import { TimeBudget } from './time-budget.js';

/** So many connections that came to nothing are told of one by one, and one more each time that long has gone by. */
const AT_ONCE = 10;
const ONE_EACH_MS = 2000;
/** The others are counted, and told of together after so long. */
const TOGETHER_MS = 10_000;

/** Tells who left. A flood of connections that never watched fills neither the screen nor the log. */
export class Departures {
  readonly #clock: Clock;
  readonly #tell: (text: string) => void;
  readonly #budget = new TimeBudget(AT_ONCE, 1 / ONE_EACH_MS);
  #untold = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, tell: (text: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @param text about one connection @param watched whether it ever got so far */
  left(text: string, watched: boolean): void {
    const now = this.#clock.now();
    if (!watched && this.#budget.left(now) < 1) {
      this.#untold++;
      this.#cancel ??= this.#clock.after(TOGETHER_MS, () => this.#together());
      return;
    }
    if (!watched) this.#budget.spend(1, now);
    this.#tell(text);
  }

  close(): void {
    this.#cancel?.();
  }

  #together(): void {
    this.#cancel = null;
    this.#tell(`${this.#untold} more connections came to nothing`);
    this.#untold = 0;
  }
}
