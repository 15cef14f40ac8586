import type { Clock } from '../../core/clock.js';
import { isLoopback } from '../../core/ip-address.js';
import { networksOf } from '../../node/address-scope.js';
import { REASON } from '../../protocols/rfb/refusals.js';
import { removed } from '../announcement.js';
import { type Crowding, crowded } from './crowding.js';
import { VIEWER_LIMITS } from './viewer-limits.js';
import type { ViewerSession } from './viewer-session.js';

interface Entry extends Crowding {
  readonly viewer: ViewerSession;
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
  /** Replaced when one comes or leaves, never changed: asked for with every picture. */
  #all: readonly ViewerSession[] = [];
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): readonly ViewerSession[] {
    return this.#all;
  }

  get watching(): ViewerSession[] {
    return this.#all.filter(viewer => viewer.state === 'watching');
  }

  get asking(): ViewerSession[] {
    return this.#all.filter(viewer => viewer.state === 'asking');
  }

  nextId(): number {
    return ++this.#lastId;
  }

  add(viewer: ViewerSession): void {
    const networks = networksOf(viewer.address);
    this.#entries.set(viewer.id, { viewer, networks, since: this.#clock.now(), reason: null, cut: false });
    this.#all = [...this.#all, viewer];
  }

  /**
   * Whether another connection from an address fits the limits. If not, a connection that has proved nothing yet is
   * closed to make room, the oldest one of the client that has most of them: first silent ones, then those that have
   * not answered their challenge. Among connections waiting for consent, the newest one of the client with most of them
   * is closed, and only if the newcomer's client has fewer.
   * @param asks whether it will wait for the person's answer
   */
  makeRoom(address: string, asks: boolean): boolean {
    const all = [...this.#entries.values()].filter(({ cut }) => !cut);
    const networks = networksOf(address);
    const asking = all.filter(({ viewer }) => viewer.state === 'asking');
    if (asks && asking.length >= VIEWER_LIMITS.asking && !cutAsking(asking, { networks })) return false;
    const now = this.#clock.now();
    const same = all.filter(each => each.networks.at(-1) === networks.at(-1));
    const silent = same.filter(each => isSilent(each) && now - each.since >= VIEWER_LIMITS.silentMs);
    if (silent.length >= VIEWER_LIMITS.silentFromOne) return cutOldest(silent);
    if (!isLoopback(address) && same.length >= VIEWER_LIMITS.connectionsFromOne) return cutOldest(same);
    return all.length < VIEWER_LIMITS.connections || cutOldest(all);
  }

  /**
   * Disconnects a viewer.
   * @param reason for the person
   * @param told for the viewer, where its protocol has room for that
   */
  end(id: number, reason: string, told: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.reason = reason;
    if (entry.viewer.state === 'watching') entry.viewer.close(removed(told));
    else entry.viewer.cut(told);
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
    this.#all = this.#all.filter(viewer => viewer !== entry.viewer);
    if (entry.reason) return entry.reason;
    const { state } = entry.viewer;
    // The time to decide, or to type a code, is not watching time.
    if (state !== 'watching') return state === 'asking' ? 'left before it was accepted' : 'left without watching';
    return `left after ${duration(this.#clock.now() - entry.since)}`;
  }
}

function isSilent({ viewer }: Entry): boolean {
  return viewer.admission === 'silent';
}

/**
 * Disconnects the oldest silent entry of the client with most of them; without silent ones, one with a challenge.
 * @returns false if there is none
 */
function cutOldest(entries: readonly Entry[]): boolean {
  const silent = entries.filter(isSilent);
  const typing = entries.filter(({ viewer }) => viewer.admission === 'typing');
  const [oldest] = crowded(silent.length > 0 ? silent : typing, null) ?? [];
  if (!oldest) return false;
  cut(oldest, 'was disconnected in its handshake to make room for others');
  return true;
}

/**
 * Disconnects the newest entry of the client with most of them.
 * @returns false if the newcomer's client would then have as many
 */
function cutAsking(entries: readonly Entry[], newcomer: Crowding): boolean {
  const last = crowded(entries, newcomer)?.at(-1);
  if (!last) return false;
  cut(last, 'was disconnected: too many requests from its address');
  return true;
}

function cut(entry: Entry, reason: string): void {
  entry.cut = true;
  entry.reason ??= reason;
  entry.viewer.cut(REASON.full);
}

/** "40 s", "3 min", "2 h 5 min". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
