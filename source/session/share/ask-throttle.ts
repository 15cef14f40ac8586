import { banScope } from '../../core/ban-scope.js';

/** How long an address that was refused may not ask; each further time doubles it. */
const FIRST_MS = 15_000;
const MOST_MS = 3_600_000;
/** So often an address may ask and leave before it was answered, as a viewer that is closed at once does. */
const FREE_WITHDRAWALS = 2;
/** Addresses that are remembered; the one that asked longest ago is forgotten first. */
const MOST_ADDRESSES = 1024;

interface Record {
  times: number;
  withdrawals: number;
  until: number;
}

/** Keeps whoever was refused from asking again and again: by address, in IPv6 by network. Times are in ms. */
export class AskThrottle {
  readonly #places = new Map<string, Record>();

  /** How long the address must still wait; 0: it may ask. */
  waitMs(address: string, now: number): number {
    return Math.max((this.#places.get(placeOf(address))?.until ?? 0) - now, 0);
  }

  /** Whether two addresses count as one. */
  same(address: string, other: string): boolean {
    return placeOf(address) === placeOf(other);
  }

  refused(address: string, now: number): void {
    this.#wait(this.#recordOf(address), now);
  }

  /** It left before it was answered. */
  withdrew(address: string, now: number): void {
    const record = this.#recordOf(address);
    if (++record.withdrawals > FREE_WITHDRAWALS) this.#wait(record, now);
  }

  allowed(address: string): void {
    this.#places.delete(placeOf(address));
  }

  #wait(record: Record, now: number): void {
    record.until = now + Math.min(FIRST_MS * 2 ** record.times, MOST_MS);
    record.times++;
  }

  #recordOf(address: string): Record {
    const place = placeOf(address);
    const record = this.#places.get(place) ?? { times: 0, withdrawals: 0, until: 0 };
    this.#places.delete(place);
    this.#places.set(place, record);
    if (this.#places.size > MOST_ADDRESSES) this.#places.delete(this.#places.keys().next().value!);
    return record;
  }
}

/** An address, or in IPv6 the network that hands a machine all of its addresses. */
function placeOf(text: string): string {
  const { address, family, prefix } = banScope(text);
  if (family === 'ipv4' || prefix === null) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...new Array<string>(Math.max(missing, 0)).fill('0'), ...after];
  return groups
    .slice(0, prefix / 16)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':');
}
