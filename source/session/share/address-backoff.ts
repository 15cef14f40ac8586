import { clientKeyOf } from '../../node/address-scope.js';

/** The number of clients that are remembered; the one whose last failure is the oldest is forgotten first. */
const MAX_CLIENTS = 1024;

interface Record {
  failures: number;
  until: number;
}

export interface BackoffLimits {
  /** The number of failures without a delay. */
  readonly free: number;
  /** The delay after the next failure; it doubles with each further one, up to `maxMs`. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** A client whose delay has been over for that long starts again. */
  readonly forgetMs: number;
  /**
   * Whether forgotten clients share one record with all unknown ones. Otherwise a machine with many addresses could
   * have its own failures forgotten.
   */
  readonly sharesForgotten: boolean;
}

/** Slows down repeated attempts of one client: by its address, in IPv6 by its network. Times are in ms. */
export class AddressBackoff {
  readonly #limits: BackoffLimits;
  readonly #clients = new Map<string, Record>();
  #forgotten: Record | null = null;

  constructor(limits: BackoffLimits) {
    this.#limits = limits;
  }

  /** How long the address must wait; 0: it may try. */
  waitMs(address: string, now: number): number {
    return Math.max((this.#recordOf(clientKeyOf(address), now)?.until ?? 0) - now, 0);
  }

  /** @returns how often it has failed by now */
  failed(address: string, now: number): number {
    const { free, firstMs, maxMs } = this.#limits;
    const place = clientKeyOf(address);
    const record = this.#recordOf(place, now) ?? { failures: 0, until: 0 };
    const waits = record.failures++ - free;
    record.until = waits >= 0 ? now + Math.min(firstMs * 2 ** waits, maxMs) : Math.max(record.until, now);
    if (record !== this.#forgotten) this.#keep(place, record, now);
    return record.failures;
  }

  succeeded(address: string): void {
    this.#clients.delete(clientKeyOf(address));
  }

  #recordOf(place: string, now: number): Record | null {
    const known = this.#clients.get(place);
    if (known && !this.#isOver(known, now)) return known;
    if (known) this.#clients.delete(place);
    if (this.#forgotten && this.#isOver(this.#forgotten, now)) this.#forgotten = null;
    return this.#forgotten;
  }

  #isOver({ until }: Record, now: number): boolean {
    return now - until > this.#limits.forgetMs;
  }

  #keep(place: string, record: Record, now: number): void {
    this.#clients.delete(place);
    this.#clients.set(place, record);
    if (this.#clients.size <= MAX_CLIENTS) return;
    const [oldest, evicted] = this.#clients.entries().next().value!;
    this.#clients.delete(oldest);
    if (!this.#limits.sharesForgotten || this.#isOver(evicted, now)) return;
    const { failures, until } = this.#forgotten ?? evicted;
    this.#forgotten = { failures: Math.max(failures, evicted.failures), until: Math.max(until, evicted.until) };
  }
}
