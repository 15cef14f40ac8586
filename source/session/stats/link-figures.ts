import type { LinkUse } from '../../analysis/bottleneck.js';
import type { TcpInfo } from '../../native/tcp-info.js';
import type { TcpSnapshot } from '../snapshot.js';
import { BusyMeter } from './busy-meter.js';
import { RollingWindow } from './rolling-window.js';

/** The span over which TCP's times are compared, in ms. */
const SPAN_MS = 1000;
/** Unsent bytes are no queue for so long, in ms: a picture of film that has just been written. */
const PICTURE_MS = 35;

/** The measured rate of a link. */
export interface LinkRate {
  readonly bytesPerSecond: number;
  /** A lower bound: the link was never saturated. */
  readonly least: boolean;
}

interface TcpTimes {
  readonly now: number;
  readonly busyMs: number;
  readonly windowLimitedMs: number;
  readonly ackedBytes: number;
}

/** Splits a viewer's time after each update: how long it could not take another one, and TCP's own figures. */
export class LinkFigures {
  readonly #held = new BusyMeter();
  readonly #holds = new RollingWindow(SPAN_MS);
  readonly #holdBytes = new RollingWindow(SPAN_MS);
  #heldSince = 0;
  #heldBytes = 0;
  #release: ((now: number) => void) | null = null;
  #times: TcpTimes[] = [];
  #rate: LinkRate = { bytesPerSecond: 0, least: true };
  #minRttMs = 0;
  #queueMs: number | null = null;

  /** The last of `bytes` of an update was written. Nothing more is sent until `free`. */
  wrote(now: number, bytes: number): void {
    this.#heldBytes = this.#release ? this.#heldBytes + bytes : bytes;
    if (this.#release) return;
    this.#heldSince = now;
    this.#release = this.#held.begin(now);
  }

  /** The viewer can take the next update. */
  free(now: number): void {
    if (!this.#release) return;
    this.#release(now);
    this.#release = null;
    this.#holds.add(now, now - this.#heldSince);
    this.#holdBytes.add(now, this.#heldBytes);
  }

  /** Call it a few times a second. */
  observe(now: number, tcp: TcpInfo | null): void {
    if (!tcp) return;
    const { busyMs, windowLimitedMs, ackedBytes } = tcp;
    this.#times.push({ now, busyMs, windowLimitedMs, ackedBytes });
    while (this.#times.length > 2 && this.#times[1]!.now <= now - SPAN_MS) this.#times.shift();
    this.#minRttMs = tcp.minRttMs;
    // The delivery rate is of the last few packets, and falls for a moment after a loss: what was acknowledged in the
    // whole time is proof that the link carries that.
    const bytesPerSecond = Math.max(tcp.deliveryRate, this.#timesSeen()?.carried ?? 0);
    // A round trip that was measured long ago is none of what is being sent now.
    const onTheWay = tcp.rttAgeMs < SPAN_MS ? Math.max(tcp.rttMs - tcp.minRttMs, 0) : 0;
    const here = bytesPerSecond > 0 ? (tcp.notSentBytes * 1000) / bytesPerSecond : 0;
    this.#queueMs = onTheWay + Math.max(here - PICTURE_MS, 0);
    // An idle link keeps its last measured rate.
    if (!tcp.rateIsLeast || bytesPerSecond > this.#rate.bytesPerSecond) {
      this.#rate = { bytesPerSecond, least: tcp.rateIsLeast };
    }
  }

  /** The least round trip by TCP; 0 before it has reported. */
  get minRttMs(): number {
    return this.#minRttMs;
  }

  /** Null before TCP has reported. */
  get rate(): LinkRate | null {
    return this.#rate.bytesPerSecond > 0 ? this.#rate : null;
  }

  /** For how long bytes waited for the link when TCP last told, on this machine and on the way; null: it told nothing. */
  get queueMs(): number | null {
    return this.#queueMs;
  }

  /**
   * @param address the viewer's
   * @param queuedBytes on this machine
   * @param awaitsAnswers whether an update waits for the answer to the one before, at least a round trip
   */
  use(now: number, address: string, queuedBytes: number, awaitsAnswers: boolean): LinkUse {
    const since = this.#held.since;
    const heldForMs = since === null ? 0 : now - since;
    const times = this.#timesSeen();
    return {
      address,
      heldShare: this.#held.share(now),
      heldMs: this.#holds.mean(now) ?? heldForMs,
      heldBytes: this.#holdBytes.mean(now) ?? this.#heldBytes,
      heldForMs,
      tcp: times && {
        ...times,
        bytesPerSecond: this.#rate.bytesPerSecond,
        least: this.#rate.least,
        minRttMs: this.#minRttMs,
        awaitedMs: awaitsAnswers ? this.#minRttMs : 0,
      },
      queuedBytes,
    };
  }

  #timesSeen(): { readonly busyShare: number; readonly carried: number } | null {
    const first = this.#times[0];
    const last = this.#times.at(-1);
    if (!first || !last || last.now - first.now < SPAN_MS / 4) return null;
    const ms = last.now - first.now;
    const busy = last.busyMs - first.busyMs - (last.windowLimitedMs - first.windowLimitedMs);
    const carried = ((last.ackedBytes - first.ackedBytes) * 1000) / ms;
    return { busyShare: Math.max(0, Math.min(1, busy / ms)), carried };
  }
}

/** The kernel's TCP figures, as a snapshot has them. */
export function tcpSnapshot(info: TcpInfo | null): TcpSnapshot | null {
  if (!info) return null;
  const { slowStartThreshold, notSentBytes } = info;
  return {
    rttMs: info.rttMs,
    rttAgeMs: info.rttAgeMs,
    rttVarMs: info.rttVarMs,
    minRttMs: info.minRttMs,
    congestionWindow: info.congestionWindow,
    slowStartThreshold: Number.isFinite(slowStartThreshold) ? slowStartThreshold : null,
    segmentSize: info.segmentSize,
    retransmits: info.retransmits,
    deliveryRate: info.deliveryRate,
    unsentBytes: notSentBytes,
    unackedBytes: Math.max(info.outQueueBytes - notSentBytes, 0),
  };
}
