import type { Clock } from '../../core/clock.js';
import { isNearby } from '../../node/address-scope.js';

/** A question for a name, which runs. */
export interface NameLookup {
  /** Rejects or is empty if there is none. */
  readonly names: Promise<readonly string[]>;
  cancel(): void;
}

/** Asks the system's name servers for the names of an address. */
export type LookUpName = (address: string) => NameLookup;

/** Lookups that run at once and that wait; further ones are left out. */
const MAX_RUNNING = 4;
const MAX_WAITING = 64;
const PATIENCE_MS = 3000;
/** The number of addresses whose answer is remembered, and for how long. */
const MAX_KNOWN = 256;
const KNOWN_MS = 600_000;

/** The answer to a reverse lookup can be anything: only a host name is accepted, nothing that resembles an address. */
const HOST_NAME = /^(?=.*[a-z])[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;
const MAX_LENGTH = 63;

/**
 * The names of viewers' machines, for addresses of nearby networks. A name proves nothing: it is shown beside the
 * address, never instead of it. Nothing waits for it.
 */
export class ViewerNames {
  readonly #clock: Clock;
  readonly #lookUp: LookUpName;
  readonly #found: () => void;
  readonly #known = new Map<string, { readonly name: string | null; readonly at: number }>();
  readonly #running = new Map<string, () => void>();
  readonly #waiting = new Set<string>();
  #closed = false;

  /** @param found a name is known now */
  constructor(clock: Clock, lookUp: LookUpName, found: () => void) {
    this.#clock = clock;
    this.#lookUp = lookUp;
    this.#found = found;
  }

  /** The name as far as it is known; null: none. */
  of(address: string): string | null {
    return this.#known.get(address)?.name ?? null;
  }

  /** Asks for the name of a nearby address, unless it is known or being asked for. */
  ask(address: string): void {
    if (this.#closed || !isNearby(address) || this.#running.has(address)) return;
    const known = this.#known.get(address);
    if (known && this.#clock.now() - known.at < KNOWN_MS) return;
    if (this.#running.size < MAX_RUNNING) this.#begin(address);
    else if (this.#waiting.size < MAX_WAITING) this.#waiting.add(address);
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }

  #begin(address: string): void {
    const lookup = this.#lookUp(address);
    const over = (names: readonly string[]) => {
      if (this.#running.get(address) !== cancel) return;
      cancel();
      this.#running.delete(address);
      this.#keep(address, names.map(hostName).find(name => name !== null) ?? null);
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.#waiting.delete(next);
      this.#begin(next);
    };
    const cancelTimer = this.#clock.after(PATIENCE_MS, () => over([]));
    const cancel = () => {
      cancelTimer();
      lookup.cancel();
    };
    this.#running.set(address, cancel);
    lookup.names.then(over, () => over([]));
  }

  #keep(address: string, name: string | null): void {
    this.#known.delete(address);
    this.#known.set(address, { name, at: this.#clock.now() });
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    if (name !== null) this.#found();
  }
}

function hostName(text: string): string | null {
  const name = text.replace(/\.$/, '');
  return name.length <= MAX_LENGTH && HOST_NAME.test(name) ? name : null;
}
