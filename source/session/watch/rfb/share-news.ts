import { isShareStatus, ShareStatusReader } from '../../../protocols/rfb/share-status.js';
import type { WireHost } from '../wire-session.js';

/** What a sharer tells of its share in fences (docs/extensions.md). */
export class ShareNews {
  readonly #host: WireHost;
  readonly #status = new ShareStatusReader();

  constructor(host: WireHost) {
    this.#host = host;
  }

  /** To be called with each fence that came. */
  take(flags: number, payload: Uint8Array): void {
    if (!isShareStatus(flags, payload)) return;
    const status = this.#status.take(payload);
    if (status?.type === 'latency') this.#host.latency(status);
    else if (status?.type === 'key') this.#host.resumable(status.key);
    else if (status) this.#host.describe({ sharer: { kind: status.kind, text: status.text } });
  }
}
