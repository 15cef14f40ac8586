import type { Clock } from '../../core/clock.js';
import { isLoopback } from '../../core/ip-address.js';
import { clientKeyOf } from '../../node/address-scope.js';
import { VIEWER_LIMITS } from './viewer-limits.js';
import type { ViewerSession } from './viewer-session.js';

interface Entry {
  readonly viewer: ViewerSession;
  /** What stands for its machine. */
  readonly clientKey: string;
  readonly since: number;
  /** Why it is being ended, when that was decided here. */
  reason: string | null;
  /** It was cut and counts no more, though its socket may not be closed yet. */
  cut: boolean;
}

/** Who is connected, and within which bounds. */
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
   * Whether there is room for another connection from an address. Where there is none, one that has said nothing that let
   * it in gives way: of the clientKey with the most of these the one that has been silent for longest. Of those that ask only
   * one from a clientKey that asks more often than the newcomer's gives way, and the last of them, whose question is read last.
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

  /** Ends a viewer; what it is ended for is what the person will read. */
  end(id: number, reason: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.reason = reason;
    entry.viewer.close();
  }

  /** Notes why a viewer is about to be ended by its wire, unless that is known already. */
  mark(id: number, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry) entry.reason ??= reason;
  }

  /** @returns how it left, as a person reads it, e.g. "left after 3 min" */
  remove(id: number): string {
    const entry = this.#entries.get(id);
    if (!entry) return 'left';
    this.#entries.delete(id);
    if (entry.reason) return entry.reason;
    const { state } = entry.viewer;
    // How long it took to think it over, or to type a code, is no time of watching.
    if (state !== 'watching') return state === 'asking' ? 'left before it was let in' : 'left without watching';
    return `left after ${duration(this.#clock.now() - entry.since)}`;
  }
}

/** Cuts the oldest entry of the clientKey that has most of them. @returns false where there is none */
function cutOldest(entries: readonly Entry[]): boolean {
  const [oldest] = ofMost(entries);
  if (!oldest) return false;
  cut(oldest, 'said too little and made room for others');
  return true;
}

/** Cuts the last entry of the clientKey that has most of them. @returns false where another one of `clientKey` would be as many */
function cutAsking(entries: readonly Entry[], clientKey: string): boolean {
  const most = ofMost(entries);
  const same = entries.filter(each => each.clientKey === clientKey);
  if (same.length + 1 >= most.length) return false;
  cut(most.at(-1)!, 'asked too often at once and made room for others');
  return true;
}

function cut(entry: Entry, reason: string): void {
  entry.cut = true;
  entry.reason ??= reason;
  entry.viewer.cut();
}

/** The entries of the clientKey that has most of them, the oldest first. */
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
