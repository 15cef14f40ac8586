import { shareStatus } from '../../../protocols/rfb/share-status.js';
import type { Announcement } from '../../announcement.js';
import { Spread } from '../../stats/spread.js';

/** How often a viewer is told its latency, at most, and over which time that is. */
const LATENCY_MS = 1000;

/** What one viewer is told of the share by the Share Status extension, where it knows that. */
export class StatusNews {
  readonly #latencies = new Spread(LATENCY_MS);
  #told: Announcement | null = null;
  #latencyToldAt = Number.NEGATIVE_INFINITY;

  /** The state, where it was not told yet. */
  state(announcement: Announcement): Buffer[] {
    const told = this.#told;
    if (told?.kind === announcement.kind && told.text === announcement.text) return [];
    this.#told = announcement;
    return shareStatus({ type: 'state', ...announcement });
  }

  /** It has processed what was captured so long ago. @returns what to tell it, once in a while */
  latency(ms: number, now: number): Buffer[] {
    this.#latencies.add(now, ms);
    if (now - this.#latencyToldAt < LATENCY_MS) return [];
    this.#latencyToldAt = now;
    const spread = this.#latencies.percentiles(now);
    return spread ? shareStatus({ type: 'latency', ...spread }) : [];
  }
}
