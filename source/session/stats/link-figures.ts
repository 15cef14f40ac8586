import type { LinkUse } from '../../analysis/bottleneck.js';
import type { TcpInfo } from '../../native/tcp-info.js';
import { BusyMeter } from './busy-meter.js';
import { RollingWindow } from './rolling-window.js';

/** TCP's own times are looked at over about that long. */
const SPAN_MS = 1000;

/** What a link was seen to carry. */
export interface LinkRate {
  readonly bytesPerSecond: number;
  /** Whether that is only what was asked of it, so that it may carry more. */
  readonly least: boolean;
}

interface TcpTimes {
  readonly now: number;
  readonly busyMs: number;
  readonly windowLimitedMs: number;
}

/** What became of a viewer's time after each write: how long it could not be sent more, and whether the link was why. */
export class LinkFigures {
  readonly #held = new BusyMeter();
  readonly #holds = new RollingWindow(SPAN_MS);
  #heldSince = 0;
  #release: ((now: number) => void) | null = null;
  #times: TcpTimes[] = [];
  #rate: LinkRate = { bytesPerSecond: 0, least: true };

  /** Something was written: until `free` nothing more is sent. */
  wrote(now: number): void {
    if (this.#release) return;
    this.#heldSince = now;
    this.#release = this.#held.begin(now);
  }

  /** The viewer could be sent more now. */
  free(now: number): void {
    if (!this.#release) return;
    this.#release(now);
    this.#release = null;
    this.#holds.add(now, now - this.#heldSince);
  }

  /** To be called a few times a second. */
  observe(now: number, tcp: TcpInfo | null): void {
    if (!tcp) return;
    this.#times.push({ now, busyMs: tcp.busyMs, windowLimitedMs: tcp.windowLimitedMs });
    while (this.#times.length > 2 && this.#times[1]!.now <= now - SPAN_MS) this.#times.shift();
    // What an idle link was last seen to carry it can carry still.
    if (!tcp.rateIsLeast || tcp.deliveryRate > this.#rate.bytesPerSecond) {
      this.#rate = { bytesPerSecond: tcp.deliveryRate, least: tcp.rateIsLeast };
    }
  }

  /** Null before TCP has told. */
  get rate(): LinkRate | null {
    return this.#rate.bytesPerSecond > 0 ? this.#rate : null;
  }

  /** @param address the viewer's @param queuedBytes on this machine */
  use(now: number, address: string, queuedBytes: number): LinkUse {
    const since = this.#held.since;
    return {
      address,
      heldShare: this.#held.share(now),
      heldMs: this.#holds.mean(now) ?? (since === null ? 0 : now - since),
      heldForMs: since === null ? 0 : now - since,
      busyShare: this.#busyShare(),
      bytesPerSecond: this.#rate.bytesPerSecond,
      queuedBytes,
    };
  }

  #busyShare(): number | null {
    const first = this.#times[0];
    const last = this.#times.at(-1);
    if (!first || !last || last.now - first.now < SPAN_MS / 4) return null;
    const busy = last.busyMs - first.busyMs - (last.windowLimitedMs - first.windowLimitedMs);
    return Math.max(0, Math.min(1, busy / (last.now - first.now)));
  }
}
