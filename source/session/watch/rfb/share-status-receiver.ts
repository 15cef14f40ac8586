import { farewellOf } from '../../../protocols/rfb/refusals.js';
import { isShareStatus, ShareStatusReader } from '../../../protocols/rfb/share-status.js';
import type { Announcement } from '../../announcement.js';
import { TimeBudget } from '../../time-budget.js';
import { NOTICE_LIMITS } from './bounds.js';
import type { RfbHost } from './rfb-host.js';

/**
 * The share status that a peerglass sharer sends in fences (docs/extensions.md). Of states in quick succession the last
 * one counts.
 */
export class ShareStatusReceiver {
  readonly #host: RfbHost;
  readonly #status = new ShareStatusReader();
  readonly #budget = new TimeBudget(NOTICE_LIMITS.statesAtOnce, 1 / NOTICE_LIMITS.oneStateMs);
  /** Announced when the rate limit allows. */
  #next: Announcement | null = null;
  #cancel: (() => void) | null = null;
  #known = false;

  constructor(host: RfbHost) {
    this.#host = host;
  }

  /** Whether the sharer is peerglass, by what it has told. */
  get known(): boolean {
    return this.#known;
  }

  /** Call with each fence received. @throws PeerglassError E_SHARE_ENDED, E_PEER_REFUSED: the sharer is about to close */
  take(flags: number, payload: Uint8Array): void {
    if (!isShareStatus(flags, payload)) return;
    this.#known = true;
    const status = this.#status.take(payload);
    if (status?.type === 'latency') this.#host.latency(status);
    else if (status?.type === 'key') this.#host.resumable(status.key);
    else if (status) {
      const farewell = farewellOf(status);
      if (farewell) throw farewell;
      this.#state({ kind: status.kind, text: status.text });
    }
  }

  close(): void {
    this.#cancel?.();
  }

  #state(sharer: Announcement): void {
    const { clock } = this.#host;
    this.#next = sharer;
    if (this.#cancel) return;
    if (this.#budget.left(clock.now()) >= 1) this.#announce();
    else this.#cancel = clock.after(NOTICE_LIMITS.oneStateMs, () => this.#announce());
  }

  #announce(): void {
    this.#cancel = null;
    this.#budget.spend(1, this.#host.clock.now());
    if (this.#next) this.#host.describe({ sharer: this.#next });
    this.#next = null;
  }
}
