import { RecentLeast } from '../core/recent-least.js';
import { LinkCapacity } from './link-capacity.js';
import type { UpdatePacer } from './pacer.js';

/** The congestion window's bounds and initial size, in bytes. */
const MIN_WINDOW = 16 * 1024;
const FIRST_WINDOW = 64 * 1024;
const MAX_WINDOW = 4 * 1024 * 1024;
/** Delay above the minimum round trip, in ms: below the first nothing queues, above the last the link is full. */
const FREE_MS = 5;
const SOME_MS = 25;
const FULL_MS = 50;
/** The window is adjusted by the best of this many samples: a single late one says little. */
const SAMPLES = 3;
/**
 * Updates that may be in flight while nothing queues, whatever their size: one is on the wire while another is decoded.
 */
const MAX_PIPELINED = 2;
/** Weight of a new measurement in the mean service time. */
const WEIGHT = 0.25;
/**
 * After a lost packet a small update takes long for once: so many times the mean, and so many ms, count at most. Else
 * those that follow it were held back, at a rate that the link never had.
 */
const SMALL_BYTES = 8192;
const MAX_LONGER = 3;
const LONGER_MS = 10;
/**
 * Updates this small say little about link and viewer, and a fence after each would cost both ends more than the
 * update. One of them is fenced after this many bytes, or this much time, since the last fence.
 */
const UNFENCED_BYTES = 4096;
const UNFENCED_MS = 40;
/** Resolution of timers. */
const MIN_WAIT_MS = 1;
/** A minimum round trip expires after this: the route, or the viewer's machine, may have changed. */
const BASE_AGE_MS = 30_000;
/** On a thin link it is measured this often. */
const PROBE_MS = 10_000;
/** A viewer that has just connected has other things to do than to answer: the first measurements are repeated soon. */
const FIRST_PROBES = 3;
const FIRST_PROBE_MS = 300;

/** On a link that carries more, in bytes a second, updates are through so soon that their own time hardly counts. */
export const THIN_LINK = 12_500_000;

interface Ping {
  /** Where its update begins and ends. */
  readonly start: number;
  readonly position: number;
  readonly sentAt: number;
  /** When its first byte was written: earlier where an update is written as the link takes it. */
  readonly begunAt: number;
  /** Whether nothing was in flight before it. */
  readonly alone: boolean;
}

/**
 * Paces a viewer that answers fences: a congestion window governed by latency, after TCP Vegas and the ideas in
 * TigerVNC's Congestion.cxx.
 *
 * Updates end with a fence (see `fenceDue`); its reply means that the viewer has processed everything before it.
 * Replies later than the minimum round trip mean that bytes queue somewhere (in this machine's socket, on the way, or
 * before the viewer's decoder): the window shrinks. Where nothing queues it grows, but only if it limited the last
 * updates. Bytes in the local socket count as in flight, so a stalled viewer gets no more than a window of data.
 */
export class FenceCongestion implements UpdatePacer {
  readonly byFences = true;
  seemsBusy = false;
  #window = FIRST_WINDOW;
  #slowStart = true;
  #pings: Ping[] = [];
  #acked = 0;
  #written = 0;
  #fencedAt = Number.NEGATIVE_INFINITY;
  #fencedPosition = 0;
  /** Round trips of all updates, and of those that were hardly more than a fence, with nothing before them. */
  readonly #base = new RecentLeast(BASE_AGE_MS);
  readonly #emptyBase = new RecentLeast(BASE_AGE_MS);
  #probes = 0;
  #probedAt = 0;
  #doubtMs = FIRST_PROBE_MS;
  #samples = 0;
  #best = Number.POSITIVE_INFINITY;
  #queueing = 0;
  #limited = false;
  #rtt: number | null = null;
  #measuredAt: number | null = null;
  #bandwidth: number | null = null;
  readonly #capacity = new LinkCapacity();
  #ackedAt: number | null = null;
  /** Mean time of an update at its bottleneck, link or viewer, and of preparing one here, in ms. */
  #service = 0;
  #preparation = 0;
  /** The part of `#preparation` before the first byte leaves. */
  #lead = 0;

  get bandwidth(): number | null {
    return this.#bandwidth;
  }

  get capacity(): number | null {
    return this.#capacity.bytesPerSecond;
  }

  get queueingMs(): number {
    return this.#queueing;
  }

  get emptyRttMs(): number | null {
    const { least } = this.#emptyBase;
    return Number.isFinite(least) ? least : null;
  }

  get rttMs(): number | null {
    return this.#rtt;
  }

  rttAgeMs(now: number): number | null {
    return this.#measuredAt === null ? null : now - this.#measuredAt;
  }

  get window(): number {
    return this.#window;
  }

  /** Bytes that the viewer has not acknowledged. */
  get inFlight(): number {
    return this.#written - this.#acked;
  }

  /** True when preparing an update takes longer than its delivery. */
  get beginsEarly(): boolean {
    return this.#preparation > this.#service + this.#minRtt;
  }

  /** True when the updates in flight are delivered before the first reply can arrive. */
  get awaitsAnswers(): boolean {
    return this.#service * MAX_PIPELINED < this.#minRtt;
  }

  /** A fence was answered that had nothing before it. */
  probed(ms: number, now: number): void {
    this.#emptyBase.add(Math.max(ms, 0.1), now);
    this.#asked(now);
  }

  /**
   * Whether the next update should be preceded by a fence of its own: on a thin link where updates follow each other
   * closely nothing else tells the round trip without queues. `waitMs` sees to it that nothing is in flight then.
   */
  probeDue(now: number): boolean {
    const first = this.#probes > 0 && this.#probes < FIRST_PROBES;
    const every = first ? FIRST_PROBE_MS : this.seemsBusy ? this.#doubtMs : PROBE_MS;
    return (first || this.#thin) && now - this.#probedAt > every;
  }

  /** Requests are ignored: fences say more. */
  asked(): void {}

  fenceDue(position: number, now: number): boolean {
    return position - this.#fencedPosition >= UNFENCED_BYTES || now - this.#fencedAt >= UNFENCED_MS;
  }

  wrote(
    position: number,
    now: number,
    preparationMs: number | null = null,
    fenced = true,
    leadMs: number | null = preparationMs,
    begunAt = now,
  ): void {
    const start = this.#written;
    this.#written = position;
    if (preparationMs !== null) this.#preparation += (preparationMs - this.#preparation) * WEIGHT;
    if (leadMs !== null) this.#lead += (leadMs - this.#lead) * WEIGHT;
    if (!fenced) return;
    const alone = this.#pings.length === 0;
    if (alone) this.#ackedAt = begunAt;
    if (alone && this.probeDue(now)) {
      this.#asked(now);
      this.#doubtMs = this.seemsBusy ? Math.min(this.#doubtMs * 2, PROBE_MS) : FIRST_PROBE_MS;
    }
    this.#pings.push({ start, position, sentAt: now, begunAt, alone });
    this.#fencedAt = now;
    this.#fencedPosition = position;
  }

  acknowledged(position: number, now: number): void {
    let answered: Ping | undefined;
    const [first] = this.#pings;
    while (this.#pings[0] && this.#pings[0].position <= position) answered = this.#pings.shift();
    if (!answered || !first) return;
    this.#measure(answered, answered.position - Math.max(this.#acked, first.start), now);
    this.#acked = answered.position;
    this.#ackedAt = now;
  }

  waitMs(now: number): number {
    const [first] = this.#pings;
    if (!first) return 0;
    if (this.probeDue(now)) return Number.POSITIVE_INFINITY;
    if (this.inFlight < this.#window) return this.#untilDueMs(first, now);
    if (this.#pings.length < MAX_PIPELINED && this.#queueing < FULL_MS) return this.#untilDueMs(first, now);
    this.#limited = true;
    return Number.POSITIVE_INFINITY;
  }

  /**
   * An update that arrives while the last one is still being sent or decoded only gets stale in a queue. The next one
   * is begun so that its first byte is ready when the last one is done. (Having all of it ready gave a film the same
   * rate, a fifth older.)
   */
  #untilDueMs(first: Ping, now: number): number {
    const begins = Math.max(this.#ackedAt ?? 0, first.sentAt + this.#minRtt);
    const over = begins + this.#service * this.#pings.length - this.#minRtt;
    const wait = over - this.#lead - now;
    return wait >= MIN_WAIT_MS ? wait : 0;
  }

  /**
   * The round trip without queues. Where each update takes its time, as film does on a thin link, the least one would
   * have an update's own time in it, and another update would always be queued behind it.
   */
  get #minRtt(): number {
    const { least } = this.#base;
    const base = this.#thin ? Math.min(least, this.#emptyBase.least) : least;
    return Number.isFinite(base) ? base : 0;
  }

  #asked(now: number): void {
    this.#probes++;
    this.#probedAt = now;
  }

  get #thin(): boolean {
    const { bytesPerSecond } = this.#capacity;
    return bytesPerSecond !== null && bytesPerSecond < THIN_LINK;
  }

  /** @param bytes size of the updates acknowledged by this reply */
  #measure({ sentAt, begunAt, alone }: Ping, bytes: number, now: number): void {
    const rtt = Math.max(now - sentAt, 0.1);
    this.#measuredAt = now;
    this.#rtt = this.#rtt === null ? rtt : this.#rtt * 0.8 + rtt * 0.2;
    this.#base.add(rtt, now);
    if (alone && bytes < UNFENCED_BYTES) {
      this.#emptyBase.add(rtt, now);
      this.#probedAt = now;
    }
    const began = Math.max(this.#ackedAt ?? 0, sentAt + this.#minRtt);
    const most = bytes < SMALL_BYTES ? this.#service * MAX_LONGER + LONGER_MS : Number.POSITIVE_INFINITY;
    const took = Math.min(Math.max(now - began, 0), most);
    this.#service += (took - this.#service) * WEIGHT;
    // The first answer of a viewer may be late for its own reasons.
    const couldArrive = begunAt + (this.#probes > 1 ? (this.emptyRttMs ?? 0) : 0);
    this.#capacity.measured(bytes, now - Math.max(this.#ackedAt ?? 0, couldArrive));
    const busy = (now - Math.max(this.#ackedAt ?? sentAt, sentAt)) / 1000;
    if (busy > 0) {
      const rate = bytes / busy;
      this.#bandwidth = this.#bandwidth === null ? rate : this.#bandwidth * 0.8 + rate * 0.2;
    }
    this.#best = Math.min(this.#best, rtt);
    if (++this.#samples < SAMPLES) return;
    // An update's own service time is not queueing.
    this.#adjust(this.#best - this.#minRtt - this.#service);
    this.#samples = 0;
    this.#best = Number.POSITIVE_INFINITY;
  }

  /** @param queueing delay above the minimum of the best of the last samples, in ms */
  #adjust(queueing: number): void {
    this.#queueing = queueing;
    const limited = this.#limited;
    this.#limited = false;
    if (queueing >= SOME_MS) this.#slowStart = false;
    if (queueing > FULL_MS) {
      // In one step to the size that would have queued for about SOME_MS, but at most halved.
      this.#resize(Math.max(this.#window / 2, (this.#window * SOME_MS) / queueing));
    } else if (limited && this.#slowStart) {
      this.#resize(this.#window * 2);
    } else if (limited && queueing < FREE_MS) {
      this.#resize(this.#window + Math.max(8192, this.#window / 8));
    } else if (limited && queueing < SOME_MS) {
      this.#resize(this.#window + 4096);
    }
  }

  #resize(window: number): void {
    this.#window = Math.round(Math.min(Math.max(window, MIN_WINDOW), MAX_WINDOW));
  }
}
