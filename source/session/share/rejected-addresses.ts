import { BlockList, isIP } from 'node:net';
import { addressScope, clientKeyOf } from '../../node/address-scope.js';

/** A disconnected viewer is refused for this long: a program that reconnects automatically gets the reason instead. */
const ENDED_MS = 10_000;
/** The number of disconnected addresses that are remembered. */
const MAX_ENDED = 64;

const BANNED = 'The sharer has banned this address for the rest of the session.';
/** For a viewer that comes back a moment after it was disconnected. */
export const ENDED = 'The sharer ended this connection.';

/** Addresses that are refused: banned until the session ends, or disconnected a moment ago. */
export class RejectedAddresses {
  readonly #banned = new BlockList();
  readonly #ended = new Map<string, number>();

  /** Bans an address; in IPv6 its /64 network, unless that is this machine's own network. */
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

  /**
   * Refuses an address for a moment.
   * @param now milliseconds of the share's clock
   */
  end(address: string, now: number): void {
    const clientKey = clientKeyOf(address);
    this.#ended.delete(clientKey);
    this.#ended.set(clientKey, now + ENDED_MS);
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.keys().next().value!);
  }

  /** Why an address is refused, for the viewer's person; null: it is not. */
  refusal(address: string, now: number): string | null {
    if (this.isBanned(address)) return BANNED;
    return now < (this.#ended.get(clientKeyOf(address)) ?? 0) ? ENDED : null;
  }
}
