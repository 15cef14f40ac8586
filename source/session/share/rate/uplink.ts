import type { Clock } from '../../../core/clock.js';

/** One of those that share an uplink. Rates in bytes a second. */
export interface UplinkUser {
  /** What it takes whatever it is granted: viewers of a protocol that cannot be told. 0 for all others. */
  readonly fixedRate: number;
  /** What it would use if it got it; Infinity: as much as there is. */
  readonly demand: number;
  /** What it may use at most; null: it need not care. */
  grant(rate: number | null): void;
}

export interface UplinkHost {
  readonly clock: Clock;
  readonly settings: { readonly uplink: number | null };
  readonly watchers: readonly UplinkUser[];
  /** What leaves this machine for others than viewers. */
  readonly otherRate: number;
}

/** How often shares follow what is used. */
const EVERY_MS = 250;

/**
 * Splits an uplink between all viewers: whoever needs less than an equal share gets what it needs, and the others split
 * the rest equally.
 */
export class Uplink {
  readonly #host: UplinkHost;
  #shared = false;
  #cancel: (() => void) | null = null;

  constructor(host: UplinkHost) {
    this.#host = host;
  }

  /** To be called when a viewer came or left, or the rate has changed. */
  share(): void {
    this.stop();
    const { watchers, settings, clock, otherRate } = this.#host;
    const { uplink } = settings;
    if (uplink === null) {
      if (this.#shared) for (const each of watchers) each.grant(null);
      this.#shared = false;
      return;
    }
    this.#shared = true;
    if (watchers.length === 0) return;
    const told = watchers.filter(({ fixedRate }) => fixedRate === 0);
    const rest = watchers.reduce((left, { fixedRate }) => left - fixedRate, uplink - otherRate);
    const total = Math.max(rest, uplink * LEAST_SHARE);
    // Whoever used nothing may have been able to use nothing: with no share at all it would stay so.
    const least = (total / told.length) * LEAST_SHARE;
    const shares = fairShares(
      total,
      told.map(({ demand }) => Math.max(demand, least)),
    );
    for (const [index, each] of told.entries()) each.grant(shares[index]!);
    this.#cancel = clock.after(EVERY_MS, () => this.share());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

/** What viewers keep beside others that cannot be told; and each of them, of an equal share, whatever it used. */
const LEAST_SHARE = 0.1;

/** @returns what each of them may use; together at most the total, and all of it if they want that much */
export function fairShares(total: number, demands: readonly number[]): number[] {
  const shares = demands.map(() => 0);
  const order = demands.map((_, index) => index).sort((a, b) => demands[a]! - demands[b]!);
  let left = total;
  for (const [taken, index] of order.entries()) {
    const equal = left / (order.length - taken);
    shares[index] = Math.min(demands[index]!, equal);
    left -= shares[index]!;
  }
  // What nobody wants is granted all the same: a viewer that suddenly needs more need not wait for it.
  return shares.map(share => share + left / shares.length);
}
