import type { VideoEncoder } from '../../../codecs/video/video-codec.js';
import { joined as joinedBytes, writeU16, writeU32 } from '../../../core/bytes.js';
import type { Clock } from '../../../core/clock.js';
import { area, type Rectangle } from '../../../core/rectangle.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import { Region } from '../../../pixels/region.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { ENCODING, H264 } from '../../../protocols/rfb/constants.js';
import { RollingWindow } from '../../stats/rolling-window.js';
import type { FilmPicture, FilmScene, StreamMember } from './film-viewer.js';
import type { VideoEncoders } from './video-encoders.js';

/** IDRs of a stream are at least this far apart, however many viewers need one. */
const KEY_MS = 1000;
/** Pictures are at least this far apart: a film of 30 a second is sent whole, one of 60 by halves. */
const MIN_INTERVAL_MS = 25;
/** Viewers that are ready wait so long for those that are not. */
const PATIENCE_MS = 70;
/** A viewer with so many unsent pictures has to wait for the next IDR: it belongs to a lower class. */
const MAX_QUEUED = 3;
/** A viewer counts as ready when it will be within this much of the time that a picture takes to encode. */
const LEAD = 0.7;
/** The part of its link that a film may take; the rest is for what stands beside and over it. */
const FILM_SHARE = 0.95;
const MIN_BYTES_PER_SECOND = 16_000;
/**
 * More bits take longer to encode. A stream begins with the first part of the bits that its area may have, and has that
 * at least; while a picture takes less time than `easyMs` it gets more, and from `hardMs` on fewer, by `step` a picture.
 */
const EFFORT = { least: 0.35, easyMs: 13, hardMs: 20, step: 0.02 } as const;
/** The rate is changed if it is off by more than this. */
const RATE_TOLERANCE = 0.08;
/** Weight of a new measurement in means. */
const WEIGHT = 0.15;
const FIRST_INTERVAL_MS = 33;
/** A picture gets no more than its part of a second at this rate, however few there are: it would take longer to arrive. */
const MIN_FRAMERATE = 20;
const RECTANGLE_HEADER = 12;

export interface VideoStreamHost {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly encoders: VideoEncoders;
  /** Null: there is no current picture. */
  picture(): ScreenView | null;
  /** A picture of so many pixels was encoded. */
  encoded(pixels: number, ms: number): void;
}

/** One area's film at one bit rate: each picture is encoded once, for all viewers of that class. */
export class VideoStream {
  readonly members = new Set<StreamMember>();
  readonly #scene: FilmScene;
  readonly #host: VideoStreamHost;
  #encoder: VideoEncoder | null = null;
  #scratch = 0;
  /** For whom the picture that is being encoded is; null: none is. */
  #encoding: { readonly members: readonly StreamMember[]; readonly version: number; readonly began: number } | null =
    null;
  #encodedVersion = 0;
  #encodedAt = Number.NEGATIVE_INFINITY;
  #keyAt = Number.NEGATIVE_INFINITY;
  /** Since when some viewer was ready for a picture that others were not ready for. */
  #readySince: number | null = null;
  /** Whether some viewer was ready, since the last picture, while there was nothing new. */
  #awaitsNews = false;
  #interval = FIRST_INTERVAL_MS;
  #encodeMs = 0;
  /** The part of the area's highest rate that the encoder has time for. */
  #effort: number = EFFORT.least;
  #bytesPerSecond = 0;
  #framerate = 1000 / FIRST_INTERVAL_MS;
  #cancelTimer: (() => void) | null = null;
  #closed = false;
  readonly #lately = new RollingWindow();
  /** Figures since it began. */
  pictures = 0;
  keys = 0;
  bytes = 0;

  constructor(scene: FilmScene, host: VideoStreamHost) {
    this.#scene = scene;
    this.#host = host;
  }

  /** Bytes a second that it is encoded for: those of its slowest viewer. */
  get rate(): number {
    let least = this.#scene.maxRate * this.#effort;
    for (const { viewer } of this.members) least = Math.min(least, viewer.budget * FILM_SHARE);
    return Math.max(least, MIN_BYTES_PER_SECOND);
  }

  /** Bytes a second of the present configuration; 0: there is none yet. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Pictures in the last second. */
  get pictureRate(): number {
    return this.#lately.count(this.#host.clock.now());
  }

  add(member: StreamMember): void {
    member.joined = false;
    member.waitingSince = this.#host.clock.now();
    member.queue.length = 0;
    this.members.add(member);
  }

  remove(member: StreamMember): void {
    this.members.delete(member);
    if (this.members.size === 0) this.#stop();
  }

  /** The member has lost its decoder's state: it needs an IDR. @param atOnce however short ago the last one was */
  rejoin(member: StreamMember, atOnce = false): void {
    if (atOnce) this.#keyAt = Number.NEGATIVE_INFINITY;
    member.queue.length = 0;
    member.waitingSince = this.#host.clock.now();
    member.joined = false;
  }

  /** Encodes the next picture, if there is one and its viewers can take it. To be called whenever either may be so. */
  pump(): void {
    const { clock, encoders } = this.#host;
    if (this.#closed || this.#encoding || encoders.state !== 'ready' || this.members.size === 0) return;
    const screen = this.#host.picture();
    if (!screen) return;
    const now = clock.now();
    const wait = this.#waitMs(now);
    if (wait > 0) {
      if (Number.isFinite(wait)) this.#pumpIn(wait);
      return;
    }
    this.#encode(screen, now);
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  /** How long the next picture has to wait; infinite: until something else changes. */
  #waitMs(now: number): number {
    const lead = this.#encodeMs * LEAD;
    const isReady = (member: StreamMember) => member.queue.length === 0 && member.viewer.readyInMs(now) <= lead;
    let joined = 0;
    let ready = 0;
    let newcomers = 0;
    for (const member of this.members) {
      const canTake = isReady(member);
      if (member.joined) {
        joined++;
        if (canTake) ready++;
      } else if (canTake) newcomers++;
    }
    const news = this.#scene.version > this.#encodedVersion;
    const untilKey = newcomers > 0 ? Math.max(this.#keyAt + KEY_MS - now, 0) : Number.POSITIVE_INFINITY;
    if (!(news && ready > 0)) {
      this.#readySince = null;
      this.#awaitsNews ||= ready > 0;
      // Joined viewers that are not ready would have to queue the IDR, or be left behind by it.
      return joined === 0 || !news ? Math.max(untilKey, this.#encodedAt + MIN_INTERVAL_MS - now) : untilKey;
    }
    const due = this.#encodedAt + MIN_INTERVAL_MS - now;
    if (due > 0) return due;
    if (ready === joined) return 0;
    this.#readySince ??= now;
    return Math.max(this.#readySince + PATIENCE_MS - now, 0);
  }

  #encode(screen: ScreenView, now: number): void {
    const { memory, encoders } = this.#host;
    const { rectangle } = this.#scene;
    const { x, y, width, height } = rectangle;
    const waiting = [...this.members].some(({ joined }) => !joined);
    const keyFrame = !this.#encoder || (waiting && now - this.#keyAt >= KEY_MS);
    for (const member of this.members) if (member.joined && member.queue.length >= MAX_QUEUED) this.rejoin(member);
    const members = [...this.members].filter(({ joined }) => keyFrame || joined);
    if (members.length === 0) return;
    this.#measureInterval(now);
    const framebuffer = screen.framebuffer;
    const length = (width * height * 3) / 2;
    if (this.#scratch === 0) this.#scratch = memory.allocate(length);
    memory.kernels.bgrxToI420(framebuffer.at(x, y), framebuffer.stride, width, height, this.#scratch);
    this.#encoder ??= this.#open(encoders);
    this.#configure(width, height);
    const picture = { version: screen.version, capturedAt: this.#scene.changedAt, exact: this.#scene.exact.copy() };
    this.#encoding = { members, version: screen.version, began: now };
    this.#pictureBeingEncoded = picture;
    this.#encodedVersion = screen.version;
    this.#encodedAt = now;
    this.#readySince = null;
    if (keyFrame) this.#keyAt = now;
    const data = memory.bytes(this.#scratch, length);
    this.#encoder.encode({ width, height, data, timestamp: Math.round(now * 1000) }, { keyFrame });
  }

  #pictureBeingEncoded: Pick<FilmPicture, 'version' | 'capturedAt' | 'exact'> = {
    version: 0,
    capturedAt: 0,
    exact: new Region(),
  };

  #open(encoders: VideoEncoders): VideoEncoder {
    const encoder = encoders.open({
      output: chunk => {
        if (encoder === this.#encoder) this.#encoded(chunk.data, chunk.type === 'key');
      },
      error: () => {
        if (encoder === this.#encoder) this.#failed();
      },
    });
    this.#bytesPerSecond = 0;
    return encoder;
  }

  #configure(width: number, height: number): void {
    const framerate = Math.max(1000 / this.#interval, MIN_FRAMERATE);
    const { rate } = this;
    // What counts is the size of a picture.
    const size = rate / framerate;
    const before = this.#bytesPerSecond / this.#framerate;
    if (this.#bytesPerSecond > 0 && Math.abs(size - before) <= before * RATE_TOLERANCE) return;
    this.#bytesPerSecond = rate;
    this.#framerate = framerate;
    this.#encoder?.configure({ width, height, bitrate: Math.round(rate * 8), framerate });
  }

  /**
   * A film that has fewer pictures gets better ones. A link or a viewer that is too slow for its pictures does not: they
   * would become larger, and even fewer.
   */
  #measureInterval(now: number): void {
    const passed = now - this.#encodedAt;
    const awaited = this.#awaitsNews;
    this.#awaitsNews = false;
    // After a pause the rate is as before it.
    if (passed > KEY_MS) return;
    const interval = awaited ? passed : Math.min(passed, FIRST_INTERVAL_MS);
    this.#interval += (Math.max(interval, MIN_INTERVAL_MS) - this.#interval) * WEIGHT;
  }

  #encoded(data: Uint8Array, key: boolean): void {
    const encoding = this.#encoding;
    if (!encoding) return;
    this.#encoding = null;
    const took = this.#host.clock.now() - encoding.began;
    this.#encodeMs += (took - this.#encodeMs) * WEIGHT;
    this.#host.encoded(area(this.#scene.rectangle), took);
    if (this.#encodeMs > EFFORT.hardMs) this.#effort = Math.max(this.#effort * (1 - EFFORT.step), EFFORT.least);
    else if (this.#encodeMs < EFFORT.easyMs) this.#effort = Math.min(this.#effort * (1 + EFFORT.step), 1);
    this.pictures++;
    this.#lately.add(this.#host.clock.now(), 1);
    if (key) {
      this.keys++;
      // Also those that an encoder makes unasked.
      this.#keyAt = this.#host.clock.now();
    }
    this.bytes += data.length;
    const picture: FilmPicture = {
      ...this.#pictureBeingEncoded,
      key,
      encoded: encodedPicture(this.#scene.rectangle, data, key),
    };
    const served = encoding.members.filter(member => this.members.has(member) && (key || member.joined));
    for (const member of served) {
      member.joined = true;
      if (key) member.queue.length = 0;
      member.queue.push(picture);
    }
    for (const { viewer } of served) viewer.pictureReady();
    this.pump();
  }

  /** The encoder has crashed: everybody waits for an IDR of another one. */
  #failed(): void {
    this.#encoder = null;
    this.#encoding = null;
    this.#keyAt = Number.NEGATIVE_INFINITY;
    for (const member of this.members) this.rejoin(member);
    // They may have to send it in another way.
    for (const { viewer } of this.members) viewer.pictureReady();
  }

  #pumpIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#host.clock.after(ms, () => {
      this.#cancelTimer = null;
      this.pump();
    });
  }

  #stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#encoder?.close();
    this.#encoder = null;
    this.#encoding = null;
    this.#keyAt = Number.NEGATIVE_INFINITY;
    if (this.#scratch !== 0) this.#host.memory.free(this.#scratch);
    this.#scratch = 0;
  }
}

/** An H.264 rectangle: its header, U32 length, U32 flags, and the access unit. A decoder begins anew with each IDR. */
export function encodedPicture(rectangle: Rectangle, data: Uint8Array, key: boolean): FilmPicture['encoded'] {
  const head = new Uint8Array(RECTANGLE_HEADER + H264.headerLength);
  writeU16(head, 0, rectangle.x);
  writeU16(head, 2, rectangle.y);
  writeU16(head, 4, rectangle.width);
  writeU16(head, 6, rectangle.height);
  writeU32(head, 8, ENCODING.h264);
  writeU32(head, RECTANGLE_HEADER, data.length);
  writeU32(head, RECTANGLE_HEADER + 4, key ? H264.resetContext : 0);
  const bytes = joinedBytes([head, data]);
  const parts = [{ encoding: 'h264', rectangle, lossy: true, length: bytes.length }];
  return { rectangle, parts, bytes, buffer: null, stream: null, firstViewer: 0, shared: false };
}
