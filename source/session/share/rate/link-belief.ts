import type { LinkFigures } from '../../stats/link-figures.js';
import { RollingWindow } from '../../stats/rolling-window.js';

/** Delay from queues, in ms: below the first a link has room, above the second it is full. */
const ROOM_MS = 25;
const FULL_MS = 50;
/** Fractions of a second's change: how fast a full link is believed to carry less, and one with room more. */
const FALL = 3;
const RISE = 0.2;
/** The same up to this part of what was too much when it was full last: it may have been no more than a lost packet. */
const RECOVERY = 1.5;
const PROVEN = 0.85;
/** A link is tried by what is sent over it: at least this part of what it is believed to carry, in so long. */
const USED = 0.5;
const SPAN_MS = 1000;
/** The longest time that one step counts for. */
const MAX_STEP_MS = 250;

/** If both answers come from the same machine, the viewer's takes at most this much longer than TCP's. */
const FARTHER = 4;
const FARTHER_MS = 5;

type Told = Pick<LinkFigures, 'rate' | 'minRttMs'>;

/**
 * Whether TCP reaches the viewer itself: in a tunnel it ends before. A viewer that has not yet answered soon because it
 * is busy seems to be behind one.
 * @param emptyRttMs to the viewer and back, without queues; null: unknown
 * @param tcp what the kernel has told
 */
export function reachesViewer(emptyRttMs: number | null, { minRttMs }: Told): boolean {
  return emptyRttMs === null || emptyRttMs < minRttMs * FARTHER + FARTHER_MS;
}

/**
 * What was measured of a link, in bytes a second; null: nothing yet.
 * @param capacity of link and viewer together, by fences
 * @param reaches whether the kernel tells of the whole link
 */
export function measuredRate(capacity: number | null, reaches: boolean, { rate }: Told): number | null {
  const byTcp = reaches && rate && (capacity !== null || !rate.least) ? rate.bytesPerSecond : null;
  return capacity === null ? byTcp : Math.max(capacity, byTcp ?? 0);
}

/**
 * What a link is believed to carry. Measurements of a link that has little to do are too low: the smaller the updates,
 * the more of their time is the viewer's, and TCP sees no more than it is given. A sender that followed them would send
 * even less. So the belief only falls where something queues; where nothing does, it rises again while the link is used.
 */
export class LinkBelief {
  readonly #sent = new RollingWindow(SPAN_MS);
  #rate: number | null = null;
  #position = 0;
  #at = 0;
  /** Whether it was full, and up to where it is found quickly: at first, and again. */
  #full = false;
  #found = Number.POSITIVE_INFINITY;

  /**
   * @param measured bytes a second; null: unknown
   * @param queueingMs delay from queues; infinite where it cannot be known: then what was measured is believed
   * @param position bytes sent so far
   */
  follow(measured: number | null, queueingMs: number, position: number, now: number): number | null {
    const passed = Math.min(now - this.#at, MAX_STEP_MS) / 1000;
    this.#at = now;
    if (position > this.#position) this.#sent.add(now, position - this.#position);
    this.#position = position;
    if (measured === null) return this.#rate;
    const rate = this.#rate;
    const full = queueingMs > FULL_MS;
    if (rate === null || measured >= rate || !Number.isFinite(queueingMs)) this.#rate = measured;
    else if (full) {
      if (!this.#full) this.#found = rate * PROVEN;
      this.#rate = Math.max(measured, rate * (1 - FALL * passed));
    } else if (queueingMs < ROOM_MS && this.#sent.sum(now) * 1000 >= rate * SPAN_MS * USED) {
      this.#rate = rate * (1 + (rate < this.#found ? RECOVERY : RISE) * passed);
    }
    this.#full = full;
    return this.#rate;
  }
}
