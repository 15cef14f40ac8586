import { randomBytes } from 'node:crypto';
import { RESUME_KEY_LENGTH } from '../../../protocols/rfb/security/resume.js';
import { type ShareStatus, shareStatus } from '../../../protocols/rfb/share-status.js';
import type { Announcement } from '../../announcement.js';
import { Spread } from '../../stats/rolling-window.js';
import type { ShareHost } from '../viewer-session.js';
import type { ClientCapabilities } from './client-capabilities.js';
import type { UpdateOutput } from './update-output.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** The minimum interval between latency messages, and the time that they cover. */
const LATENCY_MS = 1000;

/** Sends the state of the share to one viewer that supports the Share Status extension. */
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

  /**
   * Sends everything that has changed.
   * @param capabilities those that the viewer is about to have
   */
  sendChanges({ shareStatus }: ClientCapabilities = this.#encoding.capabilities): void {
    if (!shareStatus) return;
    this.#sendState(this.#host.announcement);
    // If a person was asked about this viewer, they need not be asked again after a lost connection.
    if (this.#host.options.access === 'ask') this.#sendKey();
  }

  /** The last message before the connection is closed on purpose. */
  sendFarewell(farewell: Announcement): void {
    if (this.#encoding.capabilities.shareStatus) this.#sendState(farewell);
  }

  #sendState(announcement: Announcement): void {
    const sent = this.#sentState;
    if (sent?.kind === announcement.kind && sent.text === announcement.text) return;
    this.#sentState = announcement;
    this.#send({ type: 'state', ...announcement });
  }

  /** The key with which the viewer can resume a lost connection; null: none was sent. */
  get key(): Uint8Array | null {
    return this.#key;
  }

  #sendKey(): void {
    if (this.#key) return;
    this.#key = randomBytes(RESUME_KEY_LENGTH);
    this.#send({ type: 'key', key: this.#key });
  }

  /** Records that the viewer has processed content captured this long ago, and sends it the latency now and then. */
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
