import { availableParallelism } from 'node:os';
import {
  type Compressors,
  type EncodedRectangle,
  EncodeScratch,
  isDone,
  MIN_POOLED,
  releaseBuffers,
} from '../../codecs/encode/encode-job.js';
import { type EncodeProfile, losslessProfile } from '../../codecs/encode/encode-profile.js';
import { viewOf, writeU32 } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { area, intersect, type Rectangle, type Size, translate } from '../../core/rectangle.js';
import { BYTES_PER_PIXEL, Framebuffer } from '../../pixels/framebuffer.js';
import { destinationOf, type Move } from '../../pixels/journal.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { Region } from '../../pixels/region.js';
import { LOG } from '../../protocols/recording/constants.js';
import type { LogWriter } from '../../protocols/recording/log-writer.js';
import { H264 } from '../../protocols/rfb/constants.js';
import { copyRectangle } from '../../protocols/rfb/server-writer.js';
import { cutOnGrid } from '../share/rfb/cells.js';
import { LossyRegion, refinedPixels } from '../share/rfb/lossy-region.js';
import { KeyframeCells } from './keyframe-cells.js';

/** A part of an update that is already encoded. */
export type ReadyPart =
  | { readonly kind: 'move'; readonly move: Move }
  /** A rectangle as received from a server, which decodes to the picture's pixels. Kept until it is written. */
  | { readonly kind: 'copied'; readonly rectangle: Rectangle; readonly bytes: Uint8Array }
  /** A picture of a film, as rfb sends H.264, and the masks before it. */
  | {
      readonly kind: 'film';
      readonly rectangle: Rectangle;
      readonly bytes: Uint8Array;
      readonly masks: readonly Uint8Array[];
    }
  | {
      readonly kind: 'encoded';
      readonly rectangle: Rectangle;
      readonly encoded: EncodedRectangle | Promise<EncodedRectangle>;
    };

/** An area that the log has as video. */
export interface RecordedFilm {
  readonly rectangle: Rectangle;
  /** What is exact over it. */
  readonly exact: Region;
  /** Its present picture, masks and H.264, if decoding can begin with it; null: it cannot. Left out: another comes soon. */
  readonly present?: readonly Uint8Array[] | null;
}

/** A part of a cell of the whole picture. */
interface CellPiece {
  readonly rectangle: Rectangle;
  readonly profile: EncodeProfile;
  /** Whether the old segment has it too, as its last update: it is, or lies over, what was recorded with losses. */
  readonly lossy: boolean;
}

/** The changes since the last update. */
export interface RecordedChange {
  /** The picture after it, without the pointer. Read during the call only. */
  readonly framebuffer: Framebuffer;
  /** In the order in which they are painted. */
  readonly ready: readonly ReadyPart[];
  /** Other changed areas, to be encoded from the picture. */
  readonly areas: readonly Rectangle[];
  /** The same without losses, after everything else. */
  readonly exact?: readonly Rectangle[];
  /** The films that the log has as video from now on; left out: none. */
  films?(): readonly RecordedFilm[];
  /** False: another segment had better begin with a later change, from which films can go on. */
  readonly mayBegin?: boolean;
  /** The pointer's changes, as rfb sends them. */
  readonly pointer: readonly Uint8Array[];
  /** When it changed, on the clock. */
  readonly time: number;
  readonly name: string;
  readonly profile: EncodeProfile;
  /** For the films' pictures with which a segment begins; left out: the same. */
  readonly filmProfile?: EncodeProfile;
  /** How many static pixels may be refined now; left out: as many as a recording takes. */
  readonly refinedPixels?: number;
  /** The whole pointer, as rfb sends it. */
  wholePointer(): readonly Uint8Array[];
}

/** Makes the bytes of what is recorded: those of a log, or of a broadcast. */
export type PictureWriter = Pick<LogWriter, 'segments' | 'begin' | 'segment' | 'update' | 'beat' | 'end'>;

export interface RecorderHost {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  readonly compressors: Compressors;
  readonly writer: PictureWriter;
  /** The start in Unix milliseconds; later times follow the clock. */
  readonly date: number;
  /** Receives whole messages. */
  write(messages: readonly Uint8Array[]): void;
  /** It can take another change. */
  ready(): void;
  /** Something lossy is static: `take` the picture once more, changed or not. */
  refine(): void;
  failed(error: unknown): void;
}

/**
 * When a segment ends. A player need not decode covered rectangles, so a long segment costs only reading; but each
 * segment repeats the whole picture, and damage may lose the rest of a segment.
 */
export const SEGMENT = { leastMs: 4000, leastBytes: 512 * 1024, pictures: 6, mostRectangles: 4000, mostMs: 300_000 };
export type SegmentLimits = Readonly<typeof SEGMENT>;

/** A segment so far. */
export interface SegmentSoFar {
  readonly ms: number;
  /** Of its updates. */
  readonly bytes: number;
  readonly rectangles: number;
  /** Of the whole picture that it began with. */
  readonly pictureBytes: number;
}

/** How often to note the time while nothing changes, so that a cut-off recording has about the right length. */
const BEAT_MS = 10_000;

/** Ends a segment at these limits. */
export function endsAt(limits: SegmentLimits): (segment: SegmentSoFar) => boolean {
  const { leastMs, leastBytes, pictures, mostRectangles, mostMs } = limits;
  return ({ ms, bytes, rectangles, pictureBytes }) => {
    const enough = bytes >= Math.max(leastBytes, pictures * pictureBytes);
    return (enough && ms >= leastMs) || rectangles >= mostRectangles || ms >= mostMs;
  };
}

/** A segment that is due waits so long for films. */
const FILMS_WAIT_MS = 5000;
/** Encoding yields to other work after this time. */
const SLICE_MS = 4;
/** Rectangles of one update; further ones become the next update. */
const MAX_UPDATE_BYTES = 8 * 1024 * 1024;
const LANES = availableParallelism();

/**
 * Records a changing picture as a log. It keeps a copy of the picture as recorded so far, so that encoding may be slow:
 * viewers have priority, and the picture may change meanwhile. If it falls behind, it records fewer changes.
 */
export class ScreenRecorder {
  readonly #host: RecorderHost;
  readonly #endsSegment: (segment: SegmentSoFar) => boolean;
  readonly #beatMs: number;
  readonly #scratch: EncodeScratch;
  /** What the log has with losses. */
  readonly #lossy = new LossyRegion();
  readonly #begunAt: number;
  #shadow: Framebuffer | null = null;
  /** Where the copy differs from the recorded picture. */
  #stale = new Region();
  #cells: KeyframeCells | null = null;
  #pointer: readonly Uint8Array[] = [];
  #segment = { at: 0, bytes: 0, rectangles: 0, pictureBytes: 0 };
  /** Since when another segment is due; null: it is not. */
  #dueSince: number | null = null;
  /** Whether this segment has a picture of a film. */
  #filmed = false;
  #running: Promise<void> | null = null;
  /** Within `take`. */
  #writing = false;
  #lastAt = 0;
  /** When something was recorded last, on the clock. */
  #writtenAt: number;
  #cancelBeat: () => void = () => {};
  #cancelRefining: () => void = () => {};
  #closed = false;

  /**
   * @param endsSegment asked at each change whether another segment begins with it
   * @param beatMs how long nothing is written at the most
   */
  constructor(host: RecorderHost, endsSegment = endsAt(SEGMENT), beatMs = BEAT_MS) {
    this.#host = host;
    this.#endsSegment = endsSegment;
    this.#beatMs = beatMs;
    this.#scratch = new EncodeScratch(host.memory, host.compressors);
    this.#begunAt = host.clock.now();
    this.#writtenAt = this.#begunAt;
    host.write([host.writer.begin()]);
    this.#cancelBeat = host.clock.after(beatMs, () => this.#beat());
  }

  /** Whether it can take a change now. */
  get ready(): boolean {
    return this.#running === null && !this.#writing && !this.#closed;
  }

  /** Whether another segment begins as soon as films allow it. */
  get isDue(): boolean {
    if (!this.ready) return false;
    const { at, ...soFar } = this.#segment;
    return this.#endsSegment({ ...soFar, ms: this.#host.clock.now() - at });
  }

  /** By what was not encoded here, the log has this area with losses, or exactly. */
  sent(rectangle: Rectangle, lossy: boolean, now: number): void {
    this.#lossy.sent(rectangle, lossy, now);
    if (lossy && this.ready) this.#wait();
  }

  /** How long it has been recording, in milliseconds. */
  get ms(): number {
    return this.#host.clock.now() - this.#begunAt;
  }

  /**
   * Records a change. Only while `ready`. If it is still ready afterwards, the change was written at once, and the host's
   * `ready` is not called for it.
   * @returns whether another segment begins with it: its films have to begin again
   */
  take(change: RecordedChange): boolean {
    const { framebuffer, ready, areas, exact = [], time } = change;
    const resized = this.#shadow?.width !== framebuffer.width || this.#shadow.height !== framebuffer.height;
    if (resized) this.#resize(framebuffer);
    const due = resized || this.#begins(change.mayBegin ?? true);
    const films = due ? (change.films?.() ?? []) : [];
    if (!resized) {
      for (const rectangle of areas) this.#changed(rectangle);
      for (const rectangle of exact) this.#changed(rectangle);
      for (const { rectangle } of films) this.#changed(rectangle);
      for (const part of ready) this.#changed(part.kind === 'move' ? destinationOf(part.move) : part.rectangle);
    }
    // The pixels encoded now must be in the copy; for a whole picture, all of them.
    const most = change.refinedPixels ?? refinedPixels(null);
    const refined = resized || most === 0 ? [] : this.#lossy.staticCells(time, most);
    if (!resized && exact.length > 0) refined.unshift(...cutOnGrid(exact));
    this.#copy(framebuffer, due ? null : [...areas, ...refined]);
    if (due) this.#pointer = change.wholePointer();
    // Mostly all of it is encoded already, for a viewer: a promise for each letter would cost as much as the rest.
    const encoded = due || refined.length > 0 || areas.length > 0 ? null : encodedOf(ready);
    if (encoded) this.#recordNow(change, encoded);
    else {
      this.#running = this.#record(change, refined, resized, due ? films : null).then(
        () => {
          this.#running = null;
          this.#wait();
          if (!this.#closed) this.#host.ready();
        },
        (error: unknown) => {
          this.#running = null;
          this.#host.failed(error);
        },
      );
    }
    return due;
  }

  /** Ends the recording with its index. Resolves when everything has been given to the host. */
  async end(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelBeat();
    this.#cancelRefining();
    await this.#running;
    const { writer, clock } = this.#host;
    if (writer.segments > 0) this.#host.write(writer.end(this.#at(clock.now())));
    this.#shadow?.free();
    this.#shadow = null;
    this.#scratch.free();
  }

  #begins(mayBegin: boolean): boolean {
    if (!this.isDue) return false;
    const now = this.#host.clock.now();
    this.#dueSince ??= now;
    return mayBegin || now - this.#dueSince >= FILMS_WAIT_MS;
  }

  #resize({ width, height }: Size): void {
    // Allocated first, so that the old one survives if there is no memory.
    const shadow = new Framebuffer(this.#host.memory, { width, height });
    this.#shadow?.free();
    this.#shadow = shadow;
    this.#cells = new KeyframeCells({ width, height });
    this.#stale = Region.of([shadow.bounds]);
    this.#lossy.clear();
  }

  #changed(rectangle: Rectangle): void {
    this.#stale.add(rectangle).widenBeyond(MAX_STALE_SPANS);
    this.#cells?.touch(rectangle);
  }

  /** Copies stale pixels, inside these rectangles or all of them. */
  #copy(framebuffer: Framebuffer, inside: readonly Rectangle[] | null): void {
    if (inside?.length === 0) return;
    const shadow = this.#shadow!;
    const parts = inside === null ? this.#stale : Region.of(inside).intersect(this.#stale);
    for (const { x, y, width, height } of parts.rectangles()) {
      framebuffer.memory.copyBetween(
        ...([framebuffer.at(x, y), framebuffer.stride] as const),
        ...([shadow.at(x, y), shadow.stride, width * BYTES_PER_PIXEL, height] as const),
      );
    }
    this.#stale = inside === null ? new Region() : this.#stale.subtract(parts);
  }

  /** @param films those of a segment that begins; null: none does */
  async #record(
    change: RecordedChange,
    refined: readonly Rectangle[],
    resized: boolean,
    films: readonly RecordedFilm[] | null,
  ): Promise<void> {
    const at = this.#at(change.time);
    if (!resized) await this.#encodeAndUpdate(change, refined, at);
    if (films) await this.#beginSegment(change, films, resized, at);
  }

  #recordNow(change: RecordedChange, encoded: EncodedReady): void {
    this.#writing = true;
    try {
      this.#update(change, encoded, [], 0, this.#at(change.time));
      this.#wait();
    } catch (error) {
      this.#host.failed(error);
    } finally {
      this.#writing = false;
    }
  }

  async #encodeAndUpdate(change: RecordedChange, refined: readonly Rectangle[], at: number): Promise<void> {
    const { ready, areas, profile } = change;
    const exact = losslessProfile(profile);
    const own = await this.#encode([
      ...refined.map(rectangle => ({ rectangle, profile: exact })),
      ...areas.map(rectangle => ({ rectangle, profile })),
    ]);
    const encoded = await Promise.all(ready.map(part => (part.kind === 'encoded' ? part.encoded : null)));
    this.#update(change, encoded, own, refined.length, at);
  }

  /**
   * @param encoded what `ready` has of it
   * @param own what was encoded here, what refines first
   */
  #update(
    { ready, pointer, time }: RecordedChange,
    encoded: EncodedReady,
    own: readonly EncodedRectangle[],
    refined: number,
    at: number,
  ): void {
    const written = [...pointer];
    let filmed = false;
    for (const [index, part] of ready.entries()) {
      if (part.kind === 'move') {
        const { source, dx, dy } = part.move;
        this.#lossy.moved(part.move, time);
        written.push(copyRectangle(translate(source, dx, dy), source.x, source.y));
      } else if (part.kind === 'film') {
        // Masks are those of all films in an update.
        if (filmed) this.#writeUpdates(at, written.splice(0));
        filmed = true;
        written.push(...part.masks, this.#film(part.bytes));
      } else if (part.kind === 'copied') {
        this.#lossy.sent(part.rectangle, false, time);
        written.push(part.bytes);
      } else {
        const done = encoded[index]!;
        this.#lossy.sentAll([done], time);
        written.push(...partsOf(done));
      }
    }
    this.#lossy.sentAll(own, time);
    for (const { rectangle } of own.slice(0, refined)) this.#cells?.touch(rectangle);
    this.#writeUpdates(at, own.length > 0 ? [...written, ...own.flatMap(partsOf)] : written);
    for (const done of encoded) done?.buffer?.release();
    releaseBuffers(own);
  }

  /**
   * Writes the whole picture. Lossy areas, and films, are encoded once more in the picture's cells, which also become the
   * last update of the old segment: playing on shows the same as starting here.
   */
  async #beginSegment(
    change: RecordedChange,
    films: readonly RecordedFilm[],
    resized: boolean,
    at: number,
  ): Promise<void> {
    const { name, time } = change;
    const { writer, clock } = this.#host;
    const cells = this.#cells!;
    const touched = cells.touched.map(({ index, rectangle }) => ({
      index,
      pieces: this.#piecesOf(rectangle, change, films),
    }));
    const encoded = await this.#encode(touched.flatMap(({ pieces }) => pieces));
    const again: Uint8Array[] = [];
    let position = 0;
    for (const { index, pieces } of touched) {
      const kept: Uint8Array[] = [];
      for (const { lossy } of pieces) {
        const done = encoded[position++]!;
        // Its buffer is reused.
        const rectangles = partsOf(done).map(bytes => bytes.slice());
        kept.push(...rectangles);
        if (!lossy) continue;
        this.#lossy.sentAll([done], time);
        again.push(...rectangles);
      }
      cells.keep(index, kept);
    }
    // A film is refined once it has ended.
    for (const { rectangle, present } of films) if (present === undefined) this.#lossy.sent(rectangle, false, time);
    releaseBuffers(encoded);
    if (!resized) this.#writeUpdates(at, again);
    const pointer = this.#pointer.length > 0 ? [{ cell: LOG.pointerCell, rectangles: this.#pointer }] : [];
    this.#host.write(writer.segment(this.#shadow!, name, at, [...cells.all, ...pointer]));
    this.#segment = { at: clock.now(), bytes: 0, rectangles: 0, pictureBytes: cells.bytes };
    this.#dueSince = null;
    this.#filmed = false;
    for (const { present } of films) {
      if (present) this.#writeUpdates(at, [...present.slice(0, -1), this.#film(present.at(-1)!)]);
    }
  }

  /** What a cell of the whole picture consists of, in the order in which it is painted. */
  #piecesOf(cell: Rectangle, { profile, filmProfile }: RecordedChange, films: readonly RecordedFilm[]): CellPiece[] {
    const exact = losslessProfile(profile);
    const still = (rectangle: Rectangle) => {
      const lossy = this.#lossy.overlaps(rectangle);
      return { rectangle, profile: lossy ? profile : exact, lossy };
    };
    const over = films.flatMap(film => {
      const rectangle = intersect(film.rectangle, cell);
      return rectangle ? [{ rectangle, exact: film.exact.copy().intersect(cell).rectangles() }] : [];
    });
    if (over.length === 0) return [still(cell)];
    const rest = Region.of([cell]).subtract(Region.of(over.map(({ rectangle }) => rectangle)));
    const moving = over.map(({ rectangle }) => ({ rectangle, profile: filmProfile ?? profile, lossy: true }));
    const covering = over.flatMap(film => film.exact.map(rectangle => ({ rectangle, profile: exact, lossy: true })));
    return [...rest.rectangles().map(still), ...moving, ...covering];
  }

  /** A picture of a film. The decoder of a segment's first one needs nothing of what was before. */
  #film(bytes: Uint8Array): Uint8Array {
    if (this.#filmed) return bytes;
    this.#filmed = true;
    const first = bytes.slice();
    const flags = viewOf(first).getUint32(FILM_FLAGS);
    writeU32(first, FILM_FLAGS, flags | H264.resetAllContexts);
    return first;
  }

  #writeUpdates(at: number, rectangles: readonly Uint8Array[]): void {
    let some: Uint8Array[] = [];
    let bytes = 0;
    const flush = () => {
      if (some.length === 0) return;
      this.#host.write([this.#host.writer.update(at, some)]);
      this.#segment.bytes += bytes;
      this.#segment.rectangles += some.length;
      some = [];
      bytes = 0;
    };
    for (const rectangle of rectangles) {
      some.push(rectangle);
      bytes += rectangle.length;
      if (bytes >= MAX_UPDATE_BYTES) flush();
    }
    flush();
  }

  /** Encodes from the copy, a few at a time. */
  async #encode(
    tasks: readonly { readonly rectangle: Rectangle; readonly profile: EncodeProfile }[],
  ): Promise<EncodedRectangle[]> {
    const { clock } = this.#host;
    const framebuffer = this.#shadow!;
    const results: (EncodedRectangle | Promise<EncodedRectangle>)[] = [];
    let began = clock.now();
    for (const { rectangle, profile } of tasks) {
      const { pixels, level, jpeg, encoder } = profile;
      const pooled = area(rectangle) >= MIN_POOLED;
      this.#scratch.reserve(area(rectangle));
      results.push(encoder({ framebuffer, rectangle, pixels, level, jpeg, pooled }, this.#scratch));
      const awaited = results[results.length - LANES];
      if (awaited && !isDone(awaited)) await awaited;
      if (clock.now() - began < SLICE_MS) continue;
      await new Promise<void>(resolve => clock.soon(resolve));
      began = clock.now();
    }
    return Promise.all(results);
  }

  #wait(): void {
    this.#cancelRefining();
    if (this.#closed || this.#lossy.isEmpty) return;
    const { clock } = this.#host;
    this.#cancelRefining = clock.after(Math.max(this.#lossy.waitMs(clock.now()), REFINE_PAUSE_MS), () =>
      this.#host.refine(),
    );
  }

  /** Notes the time if nothing was written for a while. */
  #beat(): void {
    const { clock, writer, write } = this.#host;
    const wait = this.#writtenAt + this.#beatMs - clock.now();
    const begun = writer.segments > 0 && this.#running === null;
    if (wait <= 0 && begun) write([writer.beat(this.#at(clock.now()))]);
    this.#cancelBeat = clock.after(wait > 0 ? wait : this.#beatMs, () => this.#beat());
  }

  /** A time on the clock as Unix milliseconds, never less than the one before. */
  #at(time: number): number {
    this.#writtenAt = Math.max(this.#writtenAt, time);
    this.#lastAt = Math.max(this.#lastAt, Math.round(this.#host.date + time - this.#begunAt));
    return this.#lastAt;
  }
}

/** Copying more than differs does no harm; a region of each letter typed in minutes would cost more at each one. */
const MAX_STALE_SPANS = 64;

/** What is encoded of each ready part; null: it is something else. */
type EncodedReady = readonly (EncodedRectangle | null)[];

/** Null: some are still being encoded. */
function encodedOf(ready: readonly ReadyPart[]): EncodedReady | null {
  const encoded: (EncodedRectangle | null)[] = [];
  for (const part of ready) {
    if (part.kind !== 'encoded') encoded.push(null);
    else if (isDone(part.encoded)) encoded.push(part.encoded);
    else return null;
  }
  return encoded;
}

/** Between two refinements. */
const REFINE_PAUSE_MS = 33;

/** Where the flags of H.264 lie: after the rectangle's header and the length. */
const FILM_FLAGS = 16;

/** The rectangles as rfb sends them. */
function partsOf({ bytes, parts }: EncodedRectangle): Uint8Array[] {
  let end = 0;
  return parts.map(({ length }) => {
    end += length;
    return bytes.subarray(end - length, end);
  });
}
