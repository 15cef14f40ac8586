import { judgeBlocks } from '../../../codecs/encode/photographic.js';
import type { Clock } from '../../../core/clock.js';
import { area as areaOf, type Rectangle, type Size } from '../../../core/rectangle.js';
import type { Framebuffer } from '../../../pixels/framebuffer.js';
import type { JournalEntry } from '../../../pixels/journal.js';
import type { PixelMemory } from '../../../pixels/pixel-memory.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { VideoSnapshot } from '../../snapshot.js';
import { FilmArea, type FilmMember } from './film-area.js';
import { FilmDetector } from './film-detector.js';
import type { FilmViewer } from './film-viewer.js';
import type { CreateVideoEncoders, VideoEncoders } from './video-encoders.js';
import { VideoStream, type VideoStreamHost } from './video-stream.js';

/** Damage is only looked at if nothing was captured for so long: what really has changed says more. */
const CAPTURED_MS = 100;
const TICK_MS = 100;
/** Classes of bit rates. */
const MAX_STREAMS = 3;
/** A viewer shares a stream whose rate is at least this part of its own, and at most this multiple. */
const FITTING = { least: 0.6, most: 1.25 } as const;
/** A viewer that its stream does not fit for so long changes to another one, which takes an IDR. */
const MISFIT_MS = 2000;
/**
 * What encoding takes, in ms a pixel, until it is measured and once that is so long ago: the machine may be less busy.
 * The weight of a measurement.
 */
const FIRST_ENCODE_MS = 1e-5;
const FORGET_MS = 15_000;
const ENCODE_WEIGHT = 0.15;
/** The part of the blocks that must be photographic, and together with smooth ones. */
const PHOTOGRAPHIC = { alone: 0.25, withSmooth: 0.6 } as const;

export interface ShareFilmHost {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  /** The picture as captured, without a painted pointer; null: there is no current one. */
  filmPicture(): ScreenView | null;
  /** Viewers have to look at the film's areas again. */
  filmChanged(): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

/** The films of a share: where they are, and the streams that show them. Idle while no viewer reads video. */
export class ShareFilm {
  readonly encoders: VideoEncoders;
  readonly #host: ShareFilmHost;
  readonly #streamHost: VideoStreamHost;
  readonly #areas: FilmArea[] = [];
  /** Viewers that read video. */
  readonly #viewers = new Set<FilmViewer>();
  #detector: FilmDetector | null = null;
  #size: Size = { width: 0, height: 0 };
  #capturedAt = Number.NEGATIVE_INFINITY;
  #cancelTick: (() => void) | null = null;
  #told = false;
  /** Milliseconds that a pixel takes to encode, and when that was measured. */
  #encodeMs = FIRST_ENCODE_MS;
  #encodedAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  /** Figures of streams that have ended. */
  #pictures = 0;
  #keys = 0;
  #bytes = 0;

  constructor(host: ShareFilmHost, createEncoders: CreateVideoEncoders) {
    this.#host = host;
    this.encoders = createEncoders(() => this.#encodersChanged());
    this.#streamHost = {
      clock: host.clock,
      memory: host.memory,
      encoders: this.encoders,
      picture: () => host.filmPicture(),
      encoded: (pixels, ms) => this.#encoded(pixels, ms),
    };
  }

  get areas(): readonly FilmArea[] {
    return this.#areas;
  }

  /** Whether anything has to be known of changes. */
  get watched(): boolean {
    return this.#viewers.size > 0 && !this.#closed;
  }

  /** What it takes to encode a picture of so many pixels, waiting for a busy machine included. */
  encodeMs(pixels: number): number {
    const known = this.#host.clock.now() - this.#encodedAt < FORGET_MS;
    return pixels * (known ? this.#encodeMs : FIRST_ENCODE_MS);
  }

  #encoded(pixels: number, ms: number): void {
    this.#encodeMs = this.encodeMs(1) + (ms / pixels - this.encodeMs(1)) * ENCODE_WEIGHT;
    this.#encodedAt = this.#host.clock.now();
  }

  /** A viewer reads video, or does not any more. */
  read(viewer: FilmViewer, reads: boolean): void {
    if (reads) this.#viewers.add(viewer);
    else this.#viewers.delete(viewer);
    if (!this.watched) this.#forget();
  }

  /** Areas may have changed. */
  damaged(rectangles: readonly Rectangle[]): void {
    if (!this.watched) return;
    const now = this.#host.clock.now();
    if (now - this.#capturedAt < CAPTURED_MS) return;
    this.#detectorFor(this.#host.filmPicture())?.changed(rectangles, now);
    this.#tickSoon();
  }

  /** A picture was captured; to be called before viewers are told. */
  committed(entry: JournalEntry): void {
    if (!this.watched) return;
    const screen = this.#host.filmPicture();
    const detector = this.#detectorFor(screen);
    if (!screen || !detector) return;
    const now = this.#host.clock.now();
    this.#capturedAt = now;
    if (entry.moves.length > 0) detector.moved(entry.moves, now);
    // The first picture is no change.
    if (entry.version > screen.journal.start + 1) detector.changed(entry.rectangles, now);
    this.#evaluate(now);
    for (const area of this.#areas) {
      const { x, y, width, height } = area.rectangle;
      const touched = entry.rectangles.some(
        each => each.x < x + width && x < each.x + each.width && each.y < y + height && y < each.y + each.height,
      );
      if (touched || entry.moves.length > 0) area.changed(screen, entry.time);
    }
    this.#tickSoon();
  }

  /** Encodes what its viewers can take. To be called after viewers were told of a picture. */
  pump(): void {
    for (const area of this.#areas) for (const stream of area.streams) stream.pump();
  }

  /** A viewer wants to be sent an area's film. */
  join(viewer: FilmViewer, area: FilmArea, screen: ScreenView): FilmMember {
    area.begin(screen);
    return area.enter(viewer, fittingStream(viewer, area, null) ?? this.#otherStream(viewer, area));
  }

  leave(member: FilmMember): void {
    member.area.members.delete(member);
    member.stream.remove(member);
    this.#drop(member.area, member.stream);
  }

  /** Moves a member to another stream if its own is too fast or too slow for it. */
  review(member: FilmMember, now: number): void {
    const { area, viewer, stream } = member;
    if (stream.members.size === 1 && area.streams.length === 1) return;
    const better = fittingStream(viewer, area, member);
    if (better === stream || (better === null && stream.members.size === 1)) {
      member.misfitSince = null;
      return;
    }
    member.misfitSince ??= now;
    if (now - member.misfitSince < MISFIT_MS) return;
    member.misfitSince = null;
    const target = better ?? this.#otherStream(viewer, area);
    if (target === stream) return;
    stream.remove(member);
    member.stream = target;
    target.add(member);
    this.#drop(area, stream);
  }

  /** Says once what would help, when a film goes over a slow link without an encoder. */
  tellMissing(): void {
    if (this.#told) return;
    this.#told = true;
    const { state, reason } = this.encoders;
    if (state === 'failing') {
      this.#host.notice(
        'warning',
        `films are not sent as video any more: the encoder has failed three times (${reason})`,
      );
      return;
    }
    const help = 'libx264 or OpenH264 would help (docs/video.md)';
    this.#host.notice('info', `a film goes over a slow link, and no H.264 encoder is installed: ${help}`);
  }

  snapshot(): VideoSnapshot {
    const streams = this.#areas.flatMap(({ streams: each }) => each);
    const sum = (take: (stream: VideoStream) => number) => streams.reduce((all, stream) => all + take(stream), 0);
    return {
      encoder: this.encoders.name,
      regions: this.#areas.map(area => ({
        ...area.rectangle,
        streams: area.streams.map(stream => ({
          mbitPerSecond: (stream.bytesPerSecond * 8) / 1e6,
          pictureRate: stream.pictureRate,
          viewers: stream.members.size,
        })),
      })),
      pictures: this.#pictures + sum(({ pictures }) => pictures),
      idrs: this.#keys + sum(({ keys }) => keys),
      bytes: this.#bytes + sum(({ bytes }) => bytes),
    };
  }

  /** The picture has another size or source. */
  resized(): void {
    this.#forget();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#forget();
    await this.encoders.close();
  }

  #detectorFor(screen: ScreenView | null): FilmDetector | null {
    if (!screen) return null;
    const { width, height } = screen.framebuffer;
    if (!this.#detector || this.#size.width !== width || this.#size.height !== height) {
      this.#forget();
      this.#size = { width, height };
      this.#detector = new FilmDetector(this.#size, rectangle => this.#isPhotographic(rectangle));
    }
    return this.#detector;
  }

  #isPhotographic(rectangle: Rectangle): boolean {
    const screen = this.#host.filmPicture();
    return screen !== null && looksPhotographic(screen.framebuffer, rectangle);
  }

  #tickSoon(): void {
    if (this.#cancelTick) return;
    this.#cancelTick = this.#host.clock.after(TICK_MS, () => {
      this.#cancelTick = null;
      this.#evaluate(this.#host.clock.now());
      if (this.#areas.length > 0) this.#tickSoon();
    });
  }

  #evaluate(now: number): void {
    const detector = this.#detector;
    if (!detector?.evaluate(now)) return;
    const { regions } = detector;
    for (const area of [...this.#areas]) if (!regions.some(({ id }) => id === area.id)) this.#end(area);
    for (const { id, rectangle } of regions) {
      if (this.#areas.some(area => area.id === id)) continue;
      this.#areas.push(new FilmArea(this.#host.memory, id, rectangle));
    }
    this.#host.filmChanged();
  }

  #end(area: FilmArea): void {
    for (const stream of area.streams) this.#count(stream);
    area.close();
    this.#areas.splice(this.#areas.indexOf(area), 1);
  }

  #forget(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
    this.#detector = null;
    for (const area of [...this.#areas]) this.#end(area);
  }

  #count({ pictures, keys, bytes }: VideoStream): void {
    this.#pictures += pictures;
    this.#keys += keys;
    this.#bytes += bytes;
  }

  /** For a viewer that no stream fits: a new one if there are few, else the best of them all the same. */
  #otherStream(viewer: FilmViewer, area: FilmArea): VideoStream {
    if (area.streams.length < MAX_STREAMS) {
      const stream = new VideoStream(area, this.#streamHost);
      area.streams.push(stream);
      return stream;
    }
    // The fastest of those that are not too fast, else the slowest.
    const slower = area.streams.filter(({ rate }) => rate <= viewer.budget);
    const among = slower.length > 0 ? slower : area.streams;
    const sign = slower.length > 0 ? -1 : 1;
    return [...among].sort((a, b) => (a.rate - b.rate) * sign)[0]!;
  }

  #drop(area: FilmArea, stream: VideoStream): void {
    if (stream.members.size > 0 || !area.streams.includes(stream)) return;
    this.#count(stream);
    stream.close();
    area.streams.splice(area.streams.indexOf(stream), 1);
  }

  #encodersChanged(): void {
    if (this.#closed) return;
    this.#host.filmChanged();
    this.pump();
  }
}

/**
 * The stream whose other viewers' rate is closest to that of a viewer; null: none is close.
 * @param member its present part, if it has one
 */
function fittingStream(viewer: FilmViewer, area: FilmArea, member: FilmMember | null): VideoStream | null {
  if (viewer.budget === Number.POSITIVE_INFINITY) return bestStream(area, member);
  const useful = ({ budget }: FilmViewer) => Math.max(Math.min(budget, area.maxRate), 1);
  let best: VideoStream | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (const stream of area.streams) {
    const others = [...stream.members].filter(each => each !== member);
    if (others.length === 0) continue;
    const ratio = Math.min(...others.map(each => useful(each.viewer))) / useful(viewer);
    const away = Math.abs(Math.log(ratio));
    if (ratio >= FITTING.least && ratio <= FITTING.most && away < distance) {
      best = stream;
      distance = away;
    }
  }
  return best;
}

/** The best stream that others are sent, if it is good enough to be kept. */
function bestStream(area: FilmArea, member: FilmMember | null): VideoStream | null {
  const shared = area.streams.filter(({ members }) => [...members].some(each => each !== member));
  const good = shared.filter(({ rate }) => rate >= area.keptRate);
  return good.sort((a, b) => b.rate - a.rate)[0] ?? null;
}

/** Whether most of a rectangle looks like a photograph or a film. */
function looksPhotographic(framebuffer: Framebuffer, rectangle: Rectangle): boolean {
  if (areaOf(rectangle) === 0) return false;
  const { kinds } = judgeBlocks(framebuffer, rectangle);
  let photographic = 0;
  let smooth = 0;
  for (const kind of kinds) {
    if (kind === 1) photographic++;
    else if (kind === 2) smooth++;
  }
  const { length } = kinds;
  return photographic >= length * PHOTOGRAPHIC.alone && photographic + smooth >= length * PHOTOGRAPHIC.withSmooth;
}
