import { BlockList, isIP } from 'node:net';
import { addressScope, clientKeyOf } from '../../node/address-scope.js';

/** A viewer that was ended is not let in again for so long: a program that connects again by itself is told why instead. */
const ENDED_MS = 10_000;
/** As many ended ones are kept. */
const MAX_ENDED = 64;

const BANNED = 'The sharer has banned this address for the rest of the session.';
const ENDED = 'The sharer ended this connection.';

/** Addresses that are not let in: banned until the session ends, or ended a moment ago. */
export class RejectedAddresses {
  readonly #banned = new BlockList();
  readonly #ended = new Map<string, number>();

  /** Bans an address; in IPv6 the /64 network, unless it is one of this machine's own. */
  ban(text: string): void {
    const { address, family, prefix } = addressScope(text);
    if (isIP(address) === 0) return;
    if (prefix === null) this.#banned.addAddress(address, family);
    else this.#banned.addSubnet(address, prefix, family);
  }

  isBanned(text: string): boolean {
    const { address, family } = addressScope(text);
    return isIP(address) !== 0 && this.#banned.check(address, family);
  }

  /** Keeps an address out for a moment. @param now milliseconds of the share's clock */
  end(address: string, now: number): void {
    const clientKey = clientKeyOf(address);
    this.#ended.delete(clientKey);
    this.#ended.set(clientKey, now + ENDED_MS);
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.keys().next().value!);
  }

  /** Why an address is not let in, as its person reads it; null: it is. */
  refusal(address: string, now: number): string | null {
    if (this.isBanned(address)) return BANNED;
    return now < (this.#ended.get(clientKeyOf(address)) ?? 0) ? ENDED : null;
  }
}
