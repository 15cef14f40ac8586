import { randomBytes } from 'node:crypto';
import { RESUME_KEY_LENGTH } from '../../../protocols/rfb/security/resume.js';
import { type ShareStatus, shareStatus } from '../../../protocols/rfb/share-status.js';
import type { Announcement } from '../../announcement.js';
import { Spread } from '../../stats/spread.js';
import type { ClientAbilities } from './client-abilities.js';
import type { UpdateOutput } from './update-output.js';

/** How often a viewer is told its latency, at most, and over which time that is. */
const LATENCY_MS = 1000;

/** What one viewer is told of the share by the Share Status extension, where it knows that. */
export class StatusNews {
  readonly #output: UpdateOutput;
  readonly #latencies = new Spread(LATENCY_MS);
  #told: Announcement | null = null;
  #key: Uint8Array | null = null;
  #latencyToldAt = Number.NEGATIVE_INFINITY;

  constructor(output: UpdateOutput) {
    this.#output = output;
  }

  /** Tells the state, where it was not told yet. */
  state({ shareStatus }: ClientAbilities, announcement: Announcement): void {
    const told = this.#told;
    if (!shareStatus || (told?.kind === announcement.kind && told.text === announcement.text)) return;
    this.#told = announcement;
    this.#tell({ type: 'state', ...announcement });
  }

  /** What it proves with that it is the one, once its connection is lost; null: it was given none. */
  get key(): Uint8Array | null {
    return this.#key;
  }

  /** Gives it one, once. */
  giveKey({ shareStatus }: ClientAbilities): void {
    if (!shareStatus || this.#key) return;
    this.#key = randomBytes(RESUME_KEY_LENGTH);
    this.#tell({ type: 'key', key: this.#key });
  }

  /** The viewer has processed what was captured so long ago: it is told once in a while. */
  latency({ shareStatus }: ClientAbilities, ms: number, now: number): void {
    if (!shareStatus) return;
    this.#latencies.add(now, ms);
    if (now - this.#latencyToldAt < LATENCY_MS) return;
    this.#latencyToldAt = now;
    const spread = this.#latencies.percentiles(now);
    if (spread) this.#tell({ type: 'latency', ...spread });
  }

  #tell(status: ShareStatus): void {
    for (const fence of shareStatus(status)) this.#output.message(fence);
  }
}
