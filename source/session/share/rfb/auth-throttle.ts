/** Wrong codes that an address may give before it must wait, and how long then; each further one doubles it. */
const FREE_FAILURES = 5;
const FIRST_BLOCK_MS = 10_000;
const MOST_BLOCK_MS = 3_600_000;
/** Addresses that are remembered; the one that failed longest ago is forgotten first. */
const MOST_ADDRESSES = 1024;

interface Record {
  failures: number;
  blockedUntil: number;
}

/** Keeps an address from trying codes one after the other. */
export class AuthThrottle {
  readonly #addresses = new Map<string, Record>();

  /** How long the address must still wait; 0: it may try. */
  waitMs(address: string, now: number): number {
    return Math.max((this.#addresses.get(address)?.blockedUntil ?? 0) - now, 0);
  }

  failed(address: string, now: number): void {
    const record = this.#addresses.get(address) ?? { failures: 0, blockedUntil: 0 };
    record.failures++;
    const over = record.failures - FREE_FAILURES;
    if (over >= 0) record.blockedUntil = now + Math.min(FIRST_BLOCK_MS * 2 ** over, MOST_BLOCK_MS);
    this.#addresses.delete(address);
    this.#addresses.set(address, record);
    if (this.#addresses.size > MOST_ADDRESSES) this.#addresses.delete(this.#addresses.keys().next().value!);
  }

  succeeded(address: string): void {
    this.#addresses.delete(address);
  }
}
