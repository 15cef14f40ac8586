import type { Clock } from '../../core/clock.js';
import { isLoopback } from '../../core/ip-address.js';
import { clientKeyOf } from '../../node/address-scope.js';
import { VIEWER_LIMITS } from './viewer-limits.js';
import type { ViewerSession } from './viewer-session.js';

interface Entry {
  readonly viewer: ViewerSession;
  /** Identifies its machine. */
  readonly clientKey: string;
  readonly since: number;
  /** Why it is being disconnected, if that was decided here. */
  reason: string | null;
  /** It was disconnected and no longer counts, though its socket may not be closed yet. */
  cut: boolean;
}

/** The connected viewers, and their limits. */
export class ViewerList {
  readonly #clock: Clock;
  readonly #entries = new Map<number, Entry>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): ViewerSession[] {
    return [...this.#entries.values()].map(entry => entry.viewer);
  }

  get watching(): ViewerSession[] {
    return this.all.filter(viewer => viewer.state === 'watching');
  }

  get asking(): ViewerSession[] {
    return this.all.filter(viewer => viewer.state === 'asking');
  }

  nextId(): number {
    return ++this.#lastId;
  }

  add(viewer: ViewerSession): void {
    const clientKey = clientKeyOf(viewer.address);
    this.#entries.set(viewer.id, { viewer, clientKey, since: this.#clock.now(), reason: null, cut: false });
  }

  /**
   * Whether another connection from an address fits the limits. If not, a connection in its handshake is closed to make
   * room: the oldest one of the client that has most of them. Among connections waiting for consent, the newest one of
   * the client with most of them is closed, and only if the newcomer's client has fewer.
   * @param asks whether it will wait for the person's answer
   */
  makeRoom(address: string, asks: boolean): boolean {
    const all = [...this.#entries.values()].filter(({ cut }) => !cut);
    const clientKey = clientKeyOf(address);
    const fromSame = isLoopback(address) ? [] : all.filter(each => each.clientKey === clientKey);
    const silent = (entries: readonly Entry[]) => entries.filter(({ viewer }) => viewer.state === 'handshake');
    const asking = all.filter(({ viewer }) => viewer.state === 'asking');
    if (asks && asking.length >= VIEWER_LIMITS.asking && !cutAsking(asking, clientKey)) return false;
    if (fromSame.length >= VIEWER_LIMITS.connectionsFromOne) return cutOldest(silent(fromSame));
    const full = all.length >= VIEWER_LIMITS.connections || silent(all).length >= VIEWER_LIMITS.handshakes;
    return !full || cutOldest(silent(all));
  }

  /**
   * Disconnects a viewer.
   * @param reason for the person
   */
  end(id: number, reason: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.reason = reason;
    entry.viewer.close();
  }

  /** Records why a viewer is about to be disconnected by its listener, unless a reason is known. */
  mark(id: number, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry) entry.reason ??= reason;
  }

  /** @returns how it left, for the person, e.g. "left after 3 min" */
  remove(id: number): string {
    const entry = this.#entries.get(id);
    if (!entry) return 'left';
    this.#entries.delete(id);
    if (entry.reason) return entry.reason;
    const { state } = entry.viewer;
    // The time to decide, or to type a code, is not watching time.
    if (state !== 'watching') return state === 'asking' ? 'left before it was accepted' : 'left without watching';
    return `left after ${duration(this.#clock.now() - entry.since)}`;
  }
}

/**
 * Disconnects the oldest entry of the client with most of them.
 * @returns false if there is none
 */
function cutOldest(entries: readonly Entry[]): boolean {
  const [oldest] = ofMost(entries);
  if (!oldest) return false;
  cut(oldest, 'was disconnected in its handshake to make room for others');
  return true;
}

/**
 * Disconnects the newest entry of the client with most of them.
 * @returns false if `clientKey` would then have as many
 */
function cutAsking(entries: readonly Entry[], clientKey: string): boolean {
  const most = ofMost(entries);
  const same = entries.filter(each => each.clientKey === clientKey);
  if (same.length + 1 >= most.length) return false;
  cut(most.at(-1)!, 'was disconnected: too many requests from its address');
  return true;
}

function cut(entry: Entry, reason: string): void {
  entry.cut = true;
  entry.reason ??= reason;
  entry.viewer.cut();
}

/** The entries of the client with most of them, the oldest first. */
function ofMost(entries: readonly Entry[]): readonly Entry[] {
  const clients = new Map<string, Entry[]>();
  for (const entry of entries) {
    const same = clients.get(entry.clientKey);
    if (same) same.push(entry);
    else clients.set(entry.clientKey, [entry]);
  }
  return [...clients.values()].reduce((most, each) => (each.length > most.length ? each : most), []);
}

/** "40 s", "3 min", "2 h 5 min". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
