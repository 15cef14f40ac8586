import { randomBytes } from 'node:crypto';
import { RESUME_KEY_LENGTH } from '../../../protocols/rfb/security/resume.js';
import { type ShareStatus, shareStatus } from '../../../protocols/rfb/share-status.js';
import type { Announcement } from '../../announcement.js';
import { Spread } from '../../stats/rolling-window.js';
import type { ShareHost } from '../viewer-session.js';
import type { ClientCapabilities } from './client-capabilities.js';
import type { UpdateOutput } from './update-output.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** How often a viewer is sent its latency, at most, and over which time that is. */
const LATENCY_MS = 1000;

/** What one viewer is sent of the share by the Share Status extension, where it knows that. */
export class ShareStatusSender {
  readonly #host: ShareHost;
  readonly #encoding: ViewerEncoding;
  readonly #output: UpdateOutput;
  readonly #latencies = new Spread(LATENCY_MS);
  #sentState: Announcement | null = null;
  #key: Uint8Array | null = null;
  #latencySentAt = Number.NEGATIVE_INFINITY;

  constructor(host: ShareHost, encoding: ViewerEncoding, output: UpdateOutput) {
    this.#host = host;
    this.#encoding = encoding;
    this.#output = output;
  }

  /** Tells what has not been sent yet. @param capabilities as the viewer is about to have them */
  sendChanges({ shareStatus }: ClientCapabilities = this.#encoding.capabilities): void {
    if (!shareStatus) return;
    this.#sendState(this.#host.announcement);
    // Where a person was asked, who need not be asked once more because a cable was out.
    if (this.#host.options.access === 'ask') this.#sendKey();
  }

  #sendState(announcement: Announcement): void {
    const sent = this.#sentState;
    if (sent?.kind === announcement.kind && sent.text === announcement.text) return;
    this.#sentState = announcement;
    this.#send({ type: 'state', ...announcement });
  }

  /** What it proves with that it is the one, once its connection is lost; null: it was given none. */
  get key(): Uint8Array | null {
    return this.#key;
  }

  #sendKey(): void {
    if (this.#key) return;
    this.#key = randomBytes(RESUME_KEY_LENGTH);
    this.#send({ type: 'key', key: this.#key });
  }

  /** The viewer has processed what was captured so long ago: it is sent once in a while. */
  latency(ms: number, now: number): void {
    if (!this.#encoding.capabilities.shareStatus) return;
    this.#latencies.add(now, ms);
    if (now - this.#latencySentAt < LATENCY_MS) return;
    this.#latencySentAt = now;
    const spread = this.#latencies.percentiles(now);
    if (spread) this.#send({ type: 'latency', ...spread });
  }

  #send(status: ShareStatus): void {
    for (const fence of shareStatus(status)) this.#output.message(fence);
  }
}
