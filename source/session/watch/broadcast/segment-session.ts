import type { Clock } from '../../../core/clock.js';
import { asPeerglassError, PeerglassError } from '../../../core/errors.js';
import type { Size } from '../../../core/rectangle.js';
import type { BroadcastMessage, BroadcastMeta } from '../../../protocols/broadcast/messages.js';
import { BroadcastFault } from '../../../protocols/broadcast/resource-reader.js';
import type { Resource } from '../../../protocols/broadcast/resources.js';
import type { MessageOpener } from '../../../protocols/broadcast/sealing.js';
import { LogFault, type LogRectangle } from '../../../protocols/recording/messages.js';
import { AgeMeter } from './age-meter.js';
import type { StartDownload } from './download.js';
import { CutOff, ResourceStream, StatusFault } from './resource-stream.js';
import {
  BROADCAST_TIMES,
  brokenOff,
  CacheCheck,
  cacheStores,
  damaged,
  ended,
  gone,
  notABroadcast,
  Pauses,
  refused,
  silent,
  wrongKey,
} from './rules.js';

/** A segment that was promised and is not there: tried again so often before that counts as a failure. */
const MOST_MISSING = 3;
/** The same for one that is damaged. */
const MOST_DAMAGED = 5;

/** What a message changed on the picture. */
export interface MessagePainted {
  /** `picture`: the whole picture as a segment begins. */
  readonly kind: 'picture' | 'update';
  readonly bytes: number;
  readonly receiveMs: number;
  /** Whether more has come already: what is shown now is shown again in a moment. */
  readonly more: boolean;
}

/** What a session needs from its viewer. */
export interface SegmentHost {
  readonly clock: Clock;
  readonly start: StartDownload;
  /** AES-256-GCM with a key. */
  readonly createOpener: (key: Uint8Array) => MessageOpener;
  /** From 0 to below 1. */
  random(): number;
  /** A picture of that size begins; the one before stays where the size is the same. @throws PeerglassError */
  begin(size: Size): void;
  /** Paints rectangles of a message, in this order. @throws LogFault */
  paint(rectangles: readonly LogRectangle[]): Promise<void>;
  /** Everything of a message has been painted. Nothing more is read before this resolves. */
  painted(painted: MessagePainted): void | Promise<void>;
  described(meta: BroadcastMeta): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
  /** An attempt failed. @returns whether to try again */
  lost(error: PeerglassError): boolean;
}

/** Ends a round; what is next is decided by the session. */
class StartAnew extends Error {
  override readonly name = 'StartAnew';
  readonly why: 'behind' | 'slow' | 'changed' | 'silent' | 'closed';

  constructor(why: StartAnew['why']) {
    super(why);
    this.why = why;
  }
}

/** How an attempt ended. */
interface AttemptEnd {
  /** Null: nothing that the viewer's person need know. */
  readonly error: PeerglassError | null;
  /** Whether the next one has to wait. */
  readonly waits: boolean;
}

const AT_ONCE: AttemptEnd = { error: null, waits: false };

/** The downloads of one attempt, which end together. */
class Round {
  readonly #host: SegmentHost;
  readonly #key: Uint8Array;
  readonly #cancels = new Set<() => void>();
  readonly startedAt: number;
  /** The newest stream is the last one. */
  streams: ResourceStream[] = [];
  /** Why it was ended from outside; null: it was not. */
  reason: StartAnew | null = null;

  constructor(host: SegmentHost, key: Uint8Array) {
    this.#host = host;
    this.#key = key;
    this.startedAt = host.clock.now();
  }

  /** @throws StartAnew once it has ended: nobody would cancel the download */
  open(resource: Resource): ResourceStream {
    if (this.reason) throw this.reason;
    const { clock, start, createOpener } = this.#host;
    const stream = new ResourceStream(resource, { clock, start, createOpener, key: this.#key });
    this.streams.push(stream);
    return stream;
  }

  done(stream: ResourceStream): void {
    this.streams = this.streams.filter(each => each !== stream);
  }

  /** Calls back unless it has ended by then. @returns a function that cancels it */
  after(ms: number, callback: () => void): () => void {
    const cancel = this.#host.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      if (!this.reason) callback();
    });
    this.#cancels.add(cancel);
    return cancel;
  }

  /** What waits is rejected. */
  end(why: StartAnew['why']): void {
    this.reason ??= new StartAnew(why);
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    for (const stream of this.streams.splice(0)) stream.cancel();
  }
}

/**
 * Follows a broadcast: a whole picture, then the segments one after the other as they grow. Nothing can be missing from a
 * segment, so there is nothing to mend: whatever is wrong, it begins again with the newest whole picture.
 */
export class SegmentSession {
  readonly #key: Uint8Array;
  readonly #host: SegmentHost;
  /** The server, for people. */
  readonly #server: string;
  readonly #age = new AgeMeter();
  readonly #pauses: Pauses;
  readonly #cache = new CacheCheck();
  #round: Round | null = null;
  #closed = false;
  #stopPausing: () => void = () => {};
  /** The number of the last update that is in the picture. */
  #n = 0;
  #segment: number | null = null;
  /** The segment to go on with, where that is known without `m`. */
  #known: number | null = null;
  #epoch: Uint8Array | null = null;
  #size: Size | null = null;
  /** Whether any message was ever opened: the key is right. */
  #opened = false;
  #missing = 0;
  #damages = 0;
  /** Since when the server says that there is no such broadcast. */
  #goneSince: number | null = null;
  #jumps = 0;
  #slowTimes: number[] = [];
  /** Until when only whole pictures are taken; null: the moving picture is. */
  #stillUntil: number | null = null;
  #toldStill = false;
  /** Of segments that come whole: when an update was shown, and when it was made by the sharer's clock. */
  #pace: { readonly now: number; readonly at: number } | null = null;
  #lateSince: { readonly time: number; readonly age: number } | null = null;

  constructor(key: Uint8Array, server: string, host: SegmentHost) {
    this.#key = key;
    this.#server = server;
    this.#host = host;
    this.#pauses = new Pauses(() => host.random());
  }

  /** The number of the update that is shown. */
  get n(): number {
    return this.#n;
  }

  /** The segment that is read; null before the first one. */
  get segment(): number | null {
    return this.#segment;
  }

  /** How often it fell so far behind that it went on with the newest picture. */
  get jumps(): number {
    return this.#jumps;
  }

  /** Whether the link is too slow for more than still pictures. */
  get isStill(): boolean {
    return this.#stillUntil !== null;
  }

  /** How old the picture was when it came, over the best that ever came; null: not known. */
  ages(now: number): { readonly p50: number; readonly p95: number } | null {
    return this.isStill ? null : this.#age.percentiles(now);
  }

  /** Runs until it is closed or cannot go on, and answers why. Never rejects. */
  async run(): Promise<PeerglassError> {
    while (!this.#closed) {
      const { error, waits } = await this.#attempt();
      if (this.#closed) break;
      if (error && !this.#host.lost(error)) return error;
      if (waits) await this.#pause(this.#pauses.nextMs());
    }
    return new PeerglassError('E_PEER_CLOSED', 'The session has ended.');
  }

  close(): void {
    this.#closed = true;
    this.#round?.end('closed');
    this.#stopPausing();
  }

  /** Tries again now, e.g. because the network is back. */
  tryNow(): void {
    this.#stopPausing();
  }

  /** One attempt, to its end. */
  async #attempt(): Promise<AttemptEnd> {
    const round = new Round(this.#host, this.#key);
    this.#round = round;
    this.#watchSilence(round);
    try {
      if (this.#stillUntil === null) await this.#follow(round);
      else await this.#takeStills(round);
      return AT_ONCE;
    } catch (thrown) {
      return this.#endOf(round.reason ?? thrown, round);
    } finally {
      round.end('closed');
      this.#round = null;
    }
  }

  /** The moving picture: the newest whole one, and what changes from then on. Returns only by an error. */
  async #follow(round: Round): Promise<never> {
    let segment = this.#known ?? (await this.#newest(round)).k;
    this.#known = null;
    this.#age.begin();
    this.#lateSince = null;
    this.#pace = null;
    let stream = round.open({ kind: 'u', segment });
    await this.#takePicture(round, segment);
    round.after(BROADCAST_TIMES.neverLiveMs, () => {
      if (!this.#age.live) this.#tooSlow(round);
    });
    this.#checkStreaming(round, stream);
    for (;;) {
      this.#segment = segment;
      stream = await this.#takeSegment(round, stream, segment);
      segment++;
    }
  }

  /** Whole pictures, one after the other as the link takes them, for a while. */
  async #takeStills(round: Round): Promise<void> {
    let last: number | null = null;
    for (;;) {
      const { k } = await this.#newest(round);
      if (k !== last) await this.#takePicture(round, k);
      last = k;
      this.#segment = k;
      this.#known = k;
      if (this.#host.clock.now() >= (this.#stillUntil ?? 0)) break;
      await this.#pause(BROADCAST_TIMES.stillPauseMs);
      if (round.reason) throw round.reason;
    }
    this.#stillUntil = null;
  }

  /** What `m` says of the newest segment. */
  async #newest(round: Round): Promise<BroadcastMeta> {
    const stream = round.open({ kind: 'm' });
    const message = await stream.next();
    stream.cancel();
    round.done(stream);
    if (message?.type !== 'meta') throw new CutOff('m is empty');
    this.#opened = true;
    this.#goneSince = null;
    this.#describe(message.meta);
    return message.meta;
  }

  /** Paints the whole picture as a segment begins. */
  async #takePicture(round: Round, segment: number): Promise<void> {
    const { clock } = this.#host;
    const stream = round.open({ kind: 'k', segment });
    let left = 0;
    let bytes = 0;
    for (let message = await stream.next(); message; message = await stream.next()) {
      bytes += stream.last.bytes;
      if (message.type === 'meta') {
        this.#begin(message.meta, stream);
        left = message.meta.cells;
      } else if (message.type === 'cell') {
        left--;
        await this.#host.paint(message.rectangles);
      }
      if (round.reason) throw round.reason;
    }
    if (left > 0) throw new CutOff(`${left} cells of the picture are missing`);
    round.done(stream);
    this.#missing = 0;
    const { firstAt } = stream.times;
    const receiveMs = clock.now() - (firstAt ?? clock.now());
    await this.#host.painted({ kind: 'picture', bytes, receiveMs, more: false });
  }

  #begin(meta: BroadcastMeta, stream: ResourceStream): void {
    this.#opened = true;
    const { width, height, n } = meta;
    this.#host.begin({ width, height });
    this.#size = { width, height };
    this.#epoch = stream.epoch;
    this.#n = n;
    this.#describe(meta);
  }

  /** Reads a segment to its end. @returns the next one, asked for already */
  async #takeSegment(round: Round, stream: ResourceStream, segment: number): Promise<ResourceStream> {
    let next: ResourceStream | null = null;
    let cancel = () => {};
    const ask = () => {
      next ??= round.open({ kind: 'u', segment: segment + 1 });
    };
    const { clock } = this.#host;
    const idle = (ms: number) => this.#age.waited(clock.now(), ms);
    const span = { first: null as number | null, last: 0 };
    for (let message = await stream.next(idle); message; message = await stream.next(idle)) {
      if (message.type === 'turn') {
        cancel();
        if (message.next === segment + 1) cancel = round.after(message.inMs * this.#host.random(), ask);
      } else if (message.type === 'meta') this.#goOn(message.meta, stream, segment);
      else await this.#take(round, message, stream);
      if (message.type === 'update' || message.type === 'beat') {
        span.first ??= message.at;
        span.last = message.at;
      }
      if (round.reason) throw round.reason;
    }
    cancel();
    ask();
    round.done(stream);
    if (span.first !== null && this.#cache.segmentRead(stream.times, span.last - span.first)) this.#nameCache();
    return next!;
  }

  /** A segment begins, or its state has changed. */
  #goOn(meta: BroadcastMeta, stream: ResourceStream, segment: number): void {
    const same = this.#size?.width === meta.width && this.#size.height === meta.height;
    if (!same || !sameBytes(this.#epoch, stream.epoch)) {
      // Another picture. Its own whole one lies beside this segment.
      this.#known = segment;
      throw new StartAnew('changed');
    }
    this.#describe(meta);
  }

  async #take(round: Round, message: BroadcastMessage, stream: ResourceStream): Promise<void> {
    if (message.type !== 'update' && message.type !== 'beat') return;
    const now = this.#host.clock.now();
    const age = this.#age.arrived(now, message.at);
    if (message.type === 'update' && message.n > this.#n) {
      if (message.n !== this.#n + 1) throw new LogFault(`update ${message.n} follows ${this.#n}`);
      if (this.#cache.closed) await this.#keepPace(round, message.at);
      await this.#host.paint(message.rectangles);
      this.#n = message.n;
      const more = stream.hasMore && !this.#cache.closed;
      await this.#host.painted({ kind: 'update', ...stream.last, more });
    }
    if (this.#age.live) this.#isLive(now, round);
    if (age !== null) this.#watchAge(round, now, age);
  }

  /**
   * What comes a segment at a time is shown as it was made: else the picture would move once for each of them.
   * @param at when the update was made, by the sharer's clock
   */
  async #keepPace(round: Round, at: number): Promise<void> {
    const now = this.#host.clock.now();
    const pace = this.#pace;
    const ms = pace ? pace.now + at - pace.at - now : 0;
    if (!pace || ms < -BROADCAST_TIMES.lateForMs || ms > BROADCAST_TIMES.lateMs) this.#pace = { now, at };
    else if (ms > 0) {
      await this.#pause(ms);
      if (round.reason) throw round.reason;
      this.#age.waited(this.#host.clock.now(), ms);
    }
  }

  #isLive(now: number, round: Round): void {
    if (now - round.startedAt >= BROADCAST_TIMES.steadyMs) {
      this.#pauses.reset();
      this.#damages = 0;
    }
    if (this.#toldStill) this.#host.notice('good', 'The link is fast enough again: the picture moves.');
    this.#toldStill = false;
  }

  /** Far behind for a while, and not catching up: the newest picture is worth more than what lies between. */
  #watchAge(round: Round, now: number, age: number): void {
    if (age <= BROADCAST_TIMES.lateMs) {
      this.#lateSince = null;
      return;
    }
    const since = this.#lateSince;
    if (!since || age < since.age - BROADCAST_TIMES.lateForMs) this.#lateSince = { time: now, age };
    else if (now - since.time >= BROADCAST_TIMES.lateForMs) {
      this.#jumps++;
      this.#slowTimes = [...this.#slowTimes.filter(time => time > now - BROADCAST_TIMES.twiceWithinMs), now];
      if (this.#slowTimes.length >= 2) this.#tooSlow(round);
      else round.end('behind');
    }
  }

  #tooSlow(round: Round): void {
    this.#slowTimes = [];
    this.#stillUntil = this.#host.clock.now() + BROADCAST_TIMES.stillMs;
    if (!this.#toldStill) {
      const seconds = BROADCAST_TIMES.stillMs / 1000;
      const text = `The link is too slow for the moving picture: still pictures, and another try every ${seconds} s.`;
      this.#host.notice('warning', text);
    }
    this.#toldStill = true;
    round.end('slow');
  }

  /** A server that answers nothing for long is given up. */
  #watchSilence(round: Round): void {
    round.after(BROADCAST_TIMES.tickMs, () => {
      const [oldest] = [...round.streams].sort((a, b) => b.waitingMs - a.waitingMs);
      if (oldest && oldest.waitingMs >= BROADCAST_TIMES.silentMs) round.end('silent');
      else this.#watchSilence(round);
    });
  }

  /** The running segment is answered at once, by whoever streams. */
  #checkStreaming(round: Round, stream: ResourceStream): void {
    if (stream.times.firstAt !== null) return;
    round.after(BROADCAST_TIMES.cacheMs, () => {
      if (stream.times.firstAt === null && this.#cache.heldBack()) this.#nameCache();
    });
  }

  #nameCache(): void {
    const { message, remedy, code } = cacheStores(this.#server);
    this.#host.notice('warning', `${message} ${remedy}`, code);
  }

  #describe(meta: BroadcastMeta): void {
    this.#cache.closed = meta.closed;
    this.#host.described(meta);
    if (meta.state === 'ended') throw ended();
  }

  #endOf(thrown: unknown, round: Round): AttemptEnd {
    if (thrown instanceof StartAnew) {
      if (thrown.why === 'silent') return { error: silent(this.#server), waits: true };
      const hurried = this.#host.clock.now() - round.startedAt < BROADCAST_TIMES.lateForMs;
      return { error: null, waits: thrown.why === 'changed' && hurried };
    }
    if (thrown instanceof StatusFault) return this.#refusal(thrown);
    if (thrown instanceof CutOff) return { error: brokenOff(this.#server, thrown.message, thrown), waits: true };
    if (thrown instanceof BroadcastFault || thrown instanceof LogFault) return this.#damage(thrown);
    return { error: asPeerglassError(thrown), waits: true };
  }

  #refusal({ status, resource }: StatusFault): AttemptEnd {
    if (status !== 404 && status !== 410) return { error: refused(this.#server, status), waits: true };
    const now = this.#host.clock.now();
    if (resource.kind !== 'm') {
      // What a cache said of the newest segment is a moment old.
      this.#missing++;
      const tooOften = this.#missing > MOST_MISSING;
      return {
        error: tooOften ? brokenOff(this.#server, `segment ${resource.segment} is not there`, null) : null,
        waits: true,
      };
    }
    this.#goneSince ??= now;
    if (!this.#opened || now - this.#goneSince >= BROADCAST_TIMES.goneMs)
      return { error: gone(this.#server), waits: true };
    return { error: brokenOff(this.#server, 'the broadcast is not there', null), waits: true };
  }

  #damage(fault: BroadcastFault | LogFault): AttemptEnd {
    if (!this.#opened && fault instanceof BroadcastFault) {
      return { error: fault.kind === 'sealed' ? wrongKey(this.#server) : notABroadcast(this.#server), waits: true };
    }
    const error = damaged(this.#server, fault.message, fault);
    this.#damages++;
    if (this.#damages > MOST_DAMAGED) return { error, waits: true };
    this.#host.notice('warning', `${error.message} Continuing with the newest picture.`, error.code);
    return { error: null, waits: true };
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>(resolve => {
      const cancel = this.#host.clock.after(ms, resolve);
      this.#stopPausing = () => {
        cancel();
        resolve();
      };
    });
  }
}

function sameBytes(one: Uint8Array | null, other: Uint8Array | null): boolean {
  return one !== null && other !== null && one.every((byte, index) => byte === other[index]);
}
