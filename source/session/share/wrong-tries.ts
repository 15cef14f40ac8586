import { clientKeyOf } from '../../node/address-scope.js';
import { TimeBudget } from '../time-budget.js';
import { AddressBackoff } from './address-backoff.js';
import { VIEWER_LIMITS } from './viewer-limits.js';

/**
 * Counts wrong answers: by machine, and in all, since a machine may have many
 * addresses. Times are in ms.
 */
export class WrongTries {
  readonly #machines = new AddressBackoff({
    free: 0,
    firstMs: VIEWER_LIMITS.wrongFirstMs,
    maxMs: VIEWER_LIMITS.wrongMaxMs,
    forgetMs: VIEWER_LIMITS.wrongForgetMs,
    sharesForgotten: true,
  });
  /** Those that gave the right code once; the one that did longest ago is forgotten first. */
  readonly #proven = new Set<string>();
  /** Counts tries, not milliseconds. */
  readonly #all = new TimeBudget(VIEWER_LIMITS.wrongAtOnce, 1 / VIEWER_LIMITS.wrongEveryMs);

  /** How long until an answer from there may be judged; 0: now. */
  waitMs(address: string, now: number): number {
    const own = this.#machines.waitMs(address, now);
    return this.#proven.has(clientKeyOf(address)) ? own : Math.max(own, this.allWaitMs(now));
  }

  /** How long until one of a machine that is not known may be judged, because of all the others; 0: now. */
  allWaitMs(now: number): number {
    return Math.max(Math.ceil((1 - this.#all.left(now)) * VIEWER_LIMITS.wrongEveryMs), 0);
  }

  /** @returns how often that machine has been wrong by now */
  wrong(address: string, now: number): number {
    if (!this.#proven.has(clientKeyOf(address))) this.#all.spend(1, now);
    return this.#machines.failed(address, now);
  }

  right(address: string): void {
    const place = clientKeyOf(address);
    this.#machines.succeeded(address);
    this.#proven.delete(place);
    this.#proven.add(place);
    if (this.#proven.size > VIEWER_LIMITS.provenPlaces) this.#proven.delete(this.#proven.values().next().value!);
  }
}
