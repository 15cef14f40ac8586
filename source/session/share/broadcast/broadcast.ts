import { randomBytes } from 'node:crypto';
import { area, type Rectangle } from '../../../core/rectangle.js';
import { unixTime } from '../../../node/clock.js';
import { nodeCompressors } from '../../../node/compressors.js';
import { RECORD_CIPHERS } from '../../../node/record-ciphers.js';
import type { BroadcastState } from '../../../protocols/broadcast/messages.js';
import { MessageSealer } from '../../../protocols/broadcast/sealing.js';
import { LOG } from '../../../protocols/recording/constants.js';
import { type ReadyPart, ScreenRecorder } from '../../recording/screen-recorder.js';
import type { ShareVideo } from '../../share-options.js';
import type { SharedBroadcastFigures } from '../../snapshot.js';
import { RollingWindow } from '../../stats/rolling-window.js';
import { HOLD_FILM_MS, type MissingChange, PictureCursor } from '../picture-cursor.js';
import { firstTitleOf } from '../rfb/desktop-state.js';
import { ViewerVideo } from '../rfb/viewer-video.js';
import { BYTES_PER_REFINED_PIXEL } from '../tuning.js';
import type { ShareHost } from '../viewer-session.js';
import { BroadcastWriter } from './broadcast-writer.js';
import { SegmentRules, segmentTimes } from './segment-rules.js';
import { SegmentStore } from './segment-store.js';
import { TokenBucket } from './token-bucket.js';

export type BroadcastHost = Pick<
  ShareHost,
  | 'options'
  | 'settings'
  | 'announcement'
  | 'recorded'
  | 'clock'
  | 'memory'
  | 'live'
  | 'cursor'
  | 'cuts'
  | 'cache'
  | 'film'
  | 'picture'
  | 'wantFrame'
  | 'fail'
> & {
  /** It needs the screen from now on, or no more. */
  broadcastChanged(): void;
};

export interface BroadcastSettings {
  /** Of the link: 32 bytes. */
  readonly key: Uint8Array;
  /** Bytes a second; never more than the uplink. */
  readonly rate: number;
  readonly segmentSeconds: number;
  /** Whether films go as video: always, or where the rate is their limit. */
  readonly video: ShareVideo;
}

const MAX_FPS = 30;
/** Without a change its readers hear this often that they are up to date. */
const BEAT_MS = 1000;
/** Nobody has asked for anything for so long: nobody watches. */
const ASLEEP_MS = 15_000;
/** How long whoever asks first waits for the first picture. */
const FRESH_MS = 10_000;
/** The fastest reader has so much yet to take: the way to it is the limit. */
const MOST_WAITING = 64 * 1024;
/**
 * What is encoded at once, so that viewers who want the same share it; more than this is encoded in slices, from a copy,
 * so that viewers who want something else need not wait.
 */
const SHARED_PIXELS = 262_144;

/**
 * The audience of a broadcast: one viewer, as it were, for all that watch through caches. Its pictures go into segments
 * as they would into a recording, at a rate that is kept to, while somebody reads them.
 */
export class Broadcast {
  readonly store: SegmentStore;
  readonly #host: BroadcastHost;
  readonly #cursor: PictureCursor;
  readonly #rules: SegmentRules;
  readonly #writer: BroadcastWriter;
  readonly #recorder: ScreenRecorder;
  readonly #video: ViewerVideo;
  readonly #bucket: TokenBucket;
  readonly #sent = new RollingWindow();
  readonly #ages = new RollingWindow(2000);
  #awake = false;
  #askedAt = 0;
  /** When the next picture is due at the frame rate. */
  #due = 0;
  #capturedAt = 0;
  /** Whether the newest segment is about a present picture. */
  #fresh = false;
  #whenFresh: (() => void)[] = [];
  /** Whether a picture is taken even if nothing is new: another segment begins, or something is to be refined. */
  #always = false;
  #cancelPump: (() => void) | null = null;
  #cancelTurn: () => void = () => {};
  #cancelSleep: () => void = () => {};
  #closed = false;

  constructor(host: BroadcastHost, { key, rate, segmentSeconds, video }: BroadcastSettings) {
    this.#host = host;
    const { clock, memory } = host;
    this.#cursor = new PictureCursor(host);
    this.#rules = new SegmentRules(segmentTimes(segmentSeconds));
    this.store = new SegmentStore(this.#rules.times.closed);
    const present = () => Math.min(rate, host.settings.uplink ?? rate);
    this.#bucket = new TokenBucket(present, clock.now());
    const [aes] = RECORD_CIPHERS;
    this.#writer = new BroadcastWriter({
      sealer: new MessageSealer(key, randomBytes(LOG.epochBytes), each => aes!.create(each)),
      store: this.store,
      rules: this.#rules,
      // Of an earlier share with this link caches may still have segments.
      first: Math.floor(unixTime() / 1000),
      now: () => clock.now(),
    });
    this.#recorder = new ScreenRecorder(
      {
        ...{ clock, memory, compressors: nodeCompressors, writer: this.#writer, date: unixTime() },
        write: messages => this.#write(messages),
        ready: () => this.#recorded(),
        refine: () => this.pump(true),
        failed: error => host.fail(error),
      },
      () => this.#rules.isDue(clock.now()),
      BEAT_MS,
    );
    this.#video = new ViewerVideo(host.film, this.#cursor, this.#recorder, this.#cursor, {
      ...{ mode: video, holdMs: HOLD_FILM_MS, now: () => clock.now() },
      budget: () => ({ bytesPerSecond: present(), forFilm: present() }),
      filmPerPixel: () => null,
      readyInMs: () => (this.#awake && !this.#closed ? this.#waitMs() : Number.POSITIVE_INFINITY),
      pump: () => this.pump(),
    });
  }

  /** Whether somebody watches, as far as can be known: caches ask for what is new. */
  get awake(): boolean {
    return this.#awake;
  }

  /** Whether a picture captured now would go out at once. */
  get wantsFrame(): boolean {
    return this.#awake && this.#waitMs() === 0;
  }

  /** Whether a picture is being written. */
  get isWriting(): boolean {
    return !this.#recorder.ready;
  }

  /** Bytes a second that leave this machine for it. */
  get uplinkRate(): number {
    return this.#sent.sum(this.#host.clock.now()) * this.store.readers;
  }

  get figures(): SharedBroadcastFigures {
    const now = this.#host.clock.now();
    const ageMs = this.#ages.mean(now);
    return {
      readers: this.store.readers,
      mbitPerSecond: (this.#sent.sum(now) * 8) / 1e6,
      ageMs,
      segment: this.store.newest,
      state: this.#awake ? this.#state : 'asleep',
    };
  }

  /** Somebody asks for a part of it. */
  asked(): void {
    if (this.#closed) return;
    this.#askedAt = this.#host.clock.now();
    if (this.#awake) return;
    this.#awake = true;
    this.#video.encodingChanged();
    this.#fresh = false;
    this.#rules.expire(this.#askedAt);
    this.#sleepLater();
    this.#host.broadcastChanged();
    this.pump(true);
  }

  /** The message of `m`, about a present picture if there is one in time; null: there is none at all. */
  newest(): Promise<Uint8Array | null> {
    // During a pause nothing new comes.
    const last = this.#state === 'paused' && this.#writer.segments > 0;
    if (this.#fresh || last) return Promise.resolve(this.#writer.newest());
    return new Promise(resolve => {
      const answer = () => {
        cancel();
        resolve(this.#writer.newest());
      };
      const cancel = this.#host.clock.after(FRESH_MS, answer);
      this.#whenFresh.push(answer);
    });
  }

  /** Readers have come or gone, or can take more. */
  readersChanged(): void {
    // Between two segments there may be nobody for a moment.
    this.#askedAt = this.#host.clock.now();
    this.pump();
  }

  /** The share was paused, or goes on. */
  onSettings(): void {
    this.#say();
    this.pump();
  }

  /**
   * Writes what is new, if it can now. To be called whenever that may have changed, after the viewers had their turn.
   * @param always even if nothing is new
   */
  pump(always = false): void {
    if (!this.#awake || this.#closed) return;
    this.#always ||= always;
    const wait = this.#waitMs();
    if (wait > 0) {
      // A recorder that is busy, and a way that is full, say when they are not.
      if (Number.isFinite(wait)) this.#pumpIn(wait);
    } else if (!this.#host.live || !this.#take()) this.#host.wantFrame();
    this.#video.pumpStreams();
  }

  /** Ends the broadcast: its readers are told. */
  async end(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelPump?.();
    this.#cancelTurn();
    this.#cancelSleep();
    this.#video.close();
    await this.#recorder.end();
    this.store.end();
    for (const answer of this.#whenFresh.splice(0)) answer();
  }

  #say(): void {
    this.#writer.say(this.#state, firstTitleOf(this.#host), unixTime());
  }

  get #state(): BroadcastState {
    return this.#host.announcement.kind === 'sharing' ? 'live' : 'paused';
  }

  /** How long until it can take a picture; Infinity: until something happens. */
  #waitMs(): number {
    if (!this.#recorder.ready || this.store.waitingBytes >= MOST_WAITING) return Number.POSITIVE_INFINITY;
    const now = this.#host.clock.now();
    return Math.max(this.#due - now, this.#bucket.waitMs(now), 0);
  }

  /** @returns false: there was nothing to take */
  #take(): boolean {
    const { clock, settings } = this.#host;
    const now = clock.now();
    const missing = this.#cursor.take(now, this.#always || this.#rules.isDue(now), this.#video);
    if (!missing) return false;
    this.#always = false;
    const { screen, plan, film, exact, pointer, wholePointer } = missing;
    // One picture may be early: a late one does not delay all that follow.
    this.#due = Math.max(this.#due + 1000 / Math.min(MAX_FPS, settings.fps), now);
    this.#capturedAt = plan?.capturedAt ?? film?.picture.capturedAt ?? now;
    this.#say();
    const begins = this.#recorder.take({
      ...{ framebuffer: screen.framebuffer, ...this.#partsOf(missing), exact, pointer, wholePointer },
      films: () => this.#video.parts,
      time: this.#capturedAt,
      name: firstTitleOf(this.#host),
      profile: this.#cursor.ownProfile,
      filmProfile: this.#cursor.filmProfile,
      refinedPixels: Math.floor(this.#bucket.spare(now) / BYTES_PER_REFINED_PIXEL),
    });
    if (begins) this.#video.restart();
    if (this.#recorder.ready) this.#recorded();
    return true;
  }

  #partsOf({ screen, plan, film }: MissingChange): { readonly ready: ReadyPart[]; readonly areas: Rectangle[] } {
    const { cache } = this.#host;
    const profile = this.#cursor.ownProfile;
    const ready: ReadyPart[] = (plan?.moves ?? []).map(move => ({ kind: 'move', move }));
    if (film) ready.push({ kind: 'film', ...film.picture.encoded, masks: film.masks });
    const areas: Rectangle[] = [];
    let left = SHARED_PIXELS;
    for (const cell of plan?.cells ?? []) {
      const { rectangle } = cell;
      const known = cache.has(screen, cell, profile);
      if (!known) left -= area(rectangle);
      if (known || left >= 0)
        ready.push({ kind: 'encoded', rectangle, encoded: cache.encode(screen, cell, profile, true) });
      else areas.push(rectangle);
    }
    return { ready, areas };
  }

  #write(messages: readonly Uint8Array[]): void {
    const { clock } = this.#host;
    const now = clock.now();
    const written = messages.filter(({ length }) => length > 0);
    const bytes = written.reduce((sum, { length }) => sum + length, 0);
    if (bytes === 0) return;
    const capturedAt = this.#capturedAt;
    // A beat is about no picture.
    const isPicture = this.isWriting;
    this.store.put(written, () => {
      if (isPicture) this.#ages.add(clock.now(), clock.now() - capturedAt);
    });
    this.#bucket.spend(bytes, now);
    this.#sent.add(now, bytes);
    this.#watchTurn();
  }

  #recorded(): void {
    if (!this.#rules.isDue(this.#host.clock.now()) && this.#writer.segments > 0) {
      this.#fresh = this.#awake;
      for (const answer of this.#whenFresh.splice(0)) answer();
    }
    this.pump();
  }

  /** Announces the next segment in time, and begins it even if nothing changes. */
  #watchTurn(): void {
    this.#writer.announce();
    this.#cancelTurn();
    if (!this.#awake || this.#closed) return;
    const { clock } = this.#host;
    this.#cancelTurn = clock.after(Math.max(this.#rules.waitMs(clock.now()), 1), () => {
      if (this.#rules.isDue(clock.now())) this.pump(true);
      else this.#watchTurn();
    });
  }

  #pumpIn(ms: number): void {
    this.#cancelPump?.();
    this.#cancelPump = this.#host.clock.after(ms, () => {
      this.#cancelPump = null;
      this.pump();
    });
  }

  #sleepLater(): void {
    const { clock } = this.#host;
    const since = this.store.readers > 0 ? clock.now() : this.#askedAt;
    this.#cancelSleep = clock.after(Math.max(since + ASLEEP_MS - clock.now(), 0), () => {
      if (this.store.readers > 0 || clock.now() - this.#askedAt < ASLEEP_MS) this.#sleepLater();
      else this.#sleep();
    });
  }

  #sleep(): void {
    this.#awake = false;
    this.#video.rest();
    this.#fresh = false;
    this.#cancelPump?.();
    this.#cancelPump = null;
    this.#cancelTurn();
    this.#host.broadcastChanged();
  }
}
