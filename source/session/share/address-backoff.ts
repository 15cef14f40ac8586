import { clientKeyOf } from '../../node/address-scope.js';

const MAX_MS = 3_600_000;
/** The number of clients that are remembered; the one whose last failure is the oldest is forgotten first. */
const MAX_CLIENTS = 1024;

interface Record {
  failures: number;
  until: number;
}

export interface BackoffLimits {
  /** The number of failures without a delay. */
  readonly free: number;
  /** The delay after the next failure; it doubles with each further one. */
  readonly firstMs: number;
}

/** Slows down repeated attempts of one client: by its address, in IPv6 by its network. Times are in ms. */
export class AddressBackoff {
  readonly #limits: BackoffLimits;
  readonly #clients = new Map<string, Record>();

  constructor(limits: BackoffLimits) {
    this.#limits = limits;
  }

  /** How long the address must wait; 0: it may try. */
  waitMs(address: string, now: number): number {
    return Math.max((this.#clients.get(clientKeyOf(address))?.until ?? 0) - now, 0);
  }

  failed(address: string, now: number): void {
    const { free, firstMs } = this.#limits;
    const clientKey = clientKeyOf(address);
    const record = this.#clients.get(clientKey) ?? { failures: 0, until: 0 };
    const waits = record.failures++ - free;
    if (waits >= 0) record.until = now + Math.min(firstMs * 2 ** waits, MAX_MS);
    this.#clients.delete(clientKey);
    this.#clients.set(clientKey, record);
    if (this.#clients.size > MAX_CLIENTS) this.#clients.delete(this.#clients.keys().next().value!);
  }

  succeeded(address: string): void {
    this.#clients.delete(clientKeyOf(address));
  }
}
