import type { Clock } from '../../../core/clock.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';

/** Machines that are remembered; the one that came longest ago is forgotten first, and shares in what is left of all. */
const MAX_MACHINES = 1024;

/**
 * Time for key exchanges, which cost a viewer that only pretends to take part nothing: for each machine and for all, so that
 * those who watch keep their picture.
 */
export class ExchangeBudget {
  readonly #clock: Clock;
  readonly #all = new TimeBudget(VIEWER_LIMITS.exchangesAllMs, VIEWER_LIMITS.exchangesAllShare);
  readonly #machines = new Map<string, TimeBudget>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Does the work if there is time for it.
   * @param key identifies the machine
   * @returns null: there is none
   */
  run<Result>(key: string, work: () => Result): Result | null {
    const began = this.#clock.now();
    const machine = this.#machine(key);
    if (machine.left(began) <= 0 || this.#all.left(began) <= 0) return null;
    try {
      return work();
    } finally {
      const now = this.#clock.now();
      machine.spend(now - began, now);
      this.#all.spend(now - began, now);
    }
  }

  #machine(key: string): TimeBudget {
    const budget = this.#machines.get(key) ?? new TimeBudget(VIEWER_LIMITS.exchangesMs, VIEWER_LIMITS.exchangesShare);
    this.#machines.delete(key);
    this.#machines.set(key, budget);
    if (this.#machines.size > MAX_MACHINES) this.#machines.delete(this.#machines.keys().next().value!);
    return budget;
  }
}
