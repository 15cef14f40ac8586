import type { Clock } from '../../core/clock.js';
import type { ViewerSession } from './viewer-session.js';

/** All connections, those that still ask or shake hands, and those from one other machine. */
const MOST_VIEWERS = 64;
const MOST_UNDECIDED = 16;
const MOST_FROM_ONE = 24;
const LOOPBACK = /^(127\.|::1$)/;

interface Entry {
  readonly viewer: ViewerSession;
  readonly since: number;
  /** Why it is being ended, when that was decided here. */
  reason: string | null;
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

  /** False: one of the bounds is reached. */
  add(viewer: ViewerSession): boolean {
    const { all } = this;
    const undecided = all.filter(each => each.state !== 'watching').length;
    const fromSame = LOOPBACK.test(viewer.address) ? 0 : all.filter(each => each.address === viewer.address).length;
    if (all.length >= MOST_VIEWERS || undecided >= MOST_UNDECIDED || fromSame >= MOST_FROM_ONE) return false;
    this.#entries.set(viewer.id, { viewer, since: this.#clock.now(), reason: null });
    return true;
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
    return entry.reason ?? `left after ${duration(this.#clock.now() - entry.since)}`;
  }
}

/** "40 s", "3 min", "2 h 5 min". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
