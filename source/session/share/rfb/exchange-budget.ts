import type { Clock } from '../../../core/clock.js';
import { TimeBudget } from '../../time-budget.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';

/** Machines that are remembered; the one that came longest ago is forgotten first, and shares in what is left of all. */
const MAX_MACHINES = 1024;

/**
 * Time for key exchanges, which cost a viewer that only pretends to take part nothing: for each machine and for all, so that
 * those who watch keep their picture. Some of it is reserved for machines that were let in: strangers with many addresses
 * keep nobody from coming back.
 */
export class ExchangeBudget {
  readonly #clock: Clock;
  readonly #all = new TimeBudget(VIEWER_LIMITS.exchangesAllMs, VIEWER_LIMITS.exchangesAllShare);
  readonly #reserve = new TimeBudget(VIEWER_LIMITS.exchangesReservedMs, VIEWER_LIMITS.exchangesReservedShare);
  readonly #machines = new Map<string, TimeBudget>();
  /** Those that were let in; the one that was longest ago is forgotten first. */
  readonly #letIn = new Set<string>();

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
    const budgets = this.#budgets(key, began);
    if (budgets.some(budget => budget.left(began) <= 0)) return null;
    try {
      return work();
    } finally {
      const now = this.#clock.now();
      for (const budget of budgets) budget.spend(now - began, now);
    }
  }

  /** Whether there is time for a handshake of TLS, which then counts. */
  mayHandshake(key: string): boolean {
    const now = this.#clock.now();
    const budgets = this.#budgets(key, now);
    if (budgets.some(budget => budget.left(now) <= 0)) return false;
    for (const budget of budgets) budget.spend(VIEWER_LIMITS.handshakeOfTlsMs, now);
    return true;
  }

  /** Whoever is spent for must have something left in each. */
  #budgets(key: string, now: number): readonly TimeBudget[] {
    const reserved = this.#letIn.has(key) && this.#all.left(now) <= 0;
    return [this.#machine(key), reserved ? this.#reserve : this.#all];
  }

  /** A viewer from there has proven that it may watch, or a person let it in. */
  letIn(key: string): void {
    this.#letIn.delete(key);
    this.#letIn.add(key);
    if (this.#letIn.size > VIEWER_LIMITS.provenPlaces) this.#letIn.delete(this.#letIn.values().next().value!);
  }

  #machine(key: string): TimeBudget {
    const budget = this.#machines.get(key) ?? new TimeBudget(VIEWER_LIMITS.exchangesMs, VIEWER_LIMITS.exchangesShare);
    this.#machines.delete(key);
    this.#machines.set(key, budget);
    if (this.#machines.size > MAX_MACHINES) this.#machines.delete(this.#machines.keys().next().value!);
    return budget;
  }
}
