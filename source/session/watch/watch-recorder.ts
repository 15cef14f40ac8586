import { encodeCursorWithAlpha, INVISIBLE_CURSOR } from '../../codecs/encode/cursor-encoder.js';
import { rectangleBytes } from '../../codecs/encode/encode-job.js';
import { viewOf } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import type { Rectangle } from '../../core/rectangle.js';
import { nodeCompressors } from '../../node/compressors.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { destinationOf } from '../../pixels/journal.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { Region } from '../../pixels/region.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import type { RectangleHeader } from '../../protocols/rfb/messages.js';
import { pointerPosition } from '../../protocols/rfb/server-writer.js';
import { RECORDED_QUALITY, Recordings, recordingProfile } from '../recording/recordings.js';
import type { ReadyPart } from '../recording/screen-recorder.js';
import { cutEvenly } from '../share/rfb/cells.js';
import { SHARE_DEFAULTS } from '../share-options.js';
import type { RecordingSnapshot } from '../snapshot.js';
import type { PictureRecorder, RecordedPointer } from './picture-recorder.js';
import type { ProtocolSession } from './protocol-session.js';
import { type FilmPart, RecordedFilms } from './recorded-films.js';

export interface WatchRecorderHost {
  readonly clock: Clock;
  readonly memory: PixelMemory;
  /** Whose screen it is. */
  readonly name: string;
  /** Unix milliseconds. */
  date(): number;
  recordingChanged(): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

/** Copied bytes of one update; beyond that its areas are encoded again. */
const MAX_COPIED_BYTES = 32 * 1024 * 1024;
const MAX_PARTS = 10_000;
/** Pictures of films that wait for the recorder, and their bytes. */
const MAX_WAITING = 64;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * Records the picture of a viewer. Rectangles that stand for themselves are recorded as they came, and films where they
 * can be; the others, which need a compression stream of this connection, are encoded again from the picture.
 */
export class WatchRecorder implements PictureRecorder {
  readonly #host: WatchRecorderHost;
  readonly #recordings: Recordings;
  readonly #profile = recordingProfile(SHARE_DEFAULTS.level, RECORDED_QUALITY);
  #session: ProtocolSession | null = null;
  #framebuffer: Framebuffer | null = null;
  /** The update that is being received. */
  #parts: ReadyPart[] = [];
  #copiedBytes = 0;
  #areas: Rectangle[] = [];
  readonly #films = new RecordedFilms();
  /** Pictures of films that came while nothing could be recorded: the next ones need them. */
  #waiting: FilmPart[] = [];
  /** What earlier updates changed while nothing could be recorded. */
  #missed = new Region();
  #pointer: RecordedPointer | null = null;

  constructor(host: WatchRecorderHost) {
    this.#host = host;
    const { clock, memory } = host;
    this.#recordings = new Recordings({
      ...{ clock, memory, compressors: nodeCompressors, date: () => host.date() },
      recordingChanged: () => {
        this.#framebuffer = null;
        this.#session?.record(this.#recordings.active ? this : null);
        host.recordingChanged();
      },
      recordNext: () => this.#again(),
      refineRecording: () => this.#again(true),
      notice: (tone, text, code) => host.notice(tone, text, code),
    });
  }

  get snapshot(): RecordingSnapshot | null {
    return this.#recordings.snapshot;
  }

  /** @throws PeerglassError E_RECORDING */
  begin(file: string): Promise<void> {
    return this.#recordings.begin(file);
  }

  /** Ends the recording in progress and begins another; null: only ends it. Never rejects. */
  switchTo(file: string | null): Promise<void> {
    return this.#recordings.switchTo(file);
  }

  /** Another connection shows its picture now. */
  follow(session: ProtocolSession): void {
    this.#session = session;
    this.#framebuffer = null;
    if (this.#recordings.active) session.record(this);
  }

  masked({ x, y, width, height }: Rectangle): void {
    this.#films.masked({ x, y, width, height });
  }

  painted(header: RectangleHeader, data: Uint8Array | null): void {
    const { x, y, width, height, encoding } = header;
    const rectangle = { x, y, width, height };
    if (data === null || this.#copiedBytes > MAX_COPIED_BYTES || this.#parts.length > MAX_PARTS) {
      if (encoding === ENCODING.h264) this.#films.lost([rectangle]);
      this.#encodeAgain(rectangle);
    } else if (encoding === ENCODING.h264) {
      const part = this.#films.arrived(rectangle, data, this.#host.clock.now());
      if (part) this.#take(part);
      else this.#encodeAgain(rectangle);
    } else if (encoding === ENCODING.copyRect) {
      const view = viewOf(data);
      const source = { x: view.getUint16(0), y: view.getUint16(2), width, height };
      this.#parts.push({ kind: 'move', move: { source, dx: x - source.x, dy: y - source.y } });
    } else {
      this.#take({ kind: 'copied', rectangle, bytes: rectangleBytes(rectangle, encoding, [data]) });
    }
  }

  updated(framebuffer: Framebuffer, pointer: RecordedPointer | null): void {
    this.#record(framebuffer, pointer, false);
  }

  #take(part: FilmPart | Extract<ReadyPart, { kind: 'copied' }>): void {
    this.#copiedBytes += part.bytes.length;
    this.#parts.push(part);
  }

  #encodeAgain(rectangle: Rectangle): void {
    this.#areas.push(rectangle);
    if (this.#areas.length > MAX_PARTS) this.#areas = Region.of(this.#areas).rectangles();
  }

  /** Records what was missed. @param refine the picture itself, too */
  #again(refine = false): void {
    if (!refine && this.#missed.isEmpty && this.#waiting.length === 0) return;
    this.#session?.withPicture((framebuffer, pointer) => this.#record(framebuffer, pointer, refine));
  }

  #record(framebuffer: Framebuffer, pointer: RecordedPointer | null, refine: boolean): void {
    const now = this.#host.clock.now();
    if (this.#recordUpdate(framebuffer, pointer, refine, now)) this.#films.begun();
    for (const film of this.#films.next(now, this.#recordings.isDue)) this.#session?.renew(film);
  }

  /** @returns whether a segment begins with it */
  #recordUpdate(framebuffer: Framebuffer, pointer: RecordedPointer | null, refine: boolean, now: number): boolean {
    let parts = this.#parts;
    let areas = this.#areas;
    this.#parts = [];
    this.#areas = [];
    this.#copiedBytes = 0;
    if (framebuffer !== this.#framebuffer) {
      this.#framebuffer = framebuffer;
      this.#missed = Region.of([framebuffer.bounds]);
      this.#pointer = null;
      parts = [];
      areas = [];
      this.#waiting = [];
      this.#films.clear();
    }
    const films = parts.filter(part => part.kind === 'film');
    for (const film of films) {
      for (const part of this.#films.visible(film)) this.#recordings.sent(part, false, now);
    }
    const missing = !this.#recordings.ready || !this.#missed.isEmpty;
    if (missing) {
      // What cannot be recorded as it came is encoded from the picture later.
      for (const part of parts) if (part.kind !== 'film') this.#missed.add(areaOf(part));
      for (const area of areas) this.#missed.add(area);
      if (!this.#recordings.ready) {
        this.#wait(films);
        return false;
      }
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    const again = missing ? this.#missed.intersect(framebuffer.bounds).rectangles() : rest(parts, areas);
    this.#missed = new Region();
    const news = pointerNews(this.#pointer, pointer);
    this.#pointer = pointer;
    // A move would copy what is not there yet.
    const own = missing ? films : areas.length > 0 ? parts.filter(({ kind }) => kind !== 'move') : parts;
    const ready = waiting.length > 0 ? [...waiting, ...own] : own;
    if (ready.length === 0 && again.length === 0 && news.length === 0 && !refine) return false;
    return this.#recordings.take({
      ...{ framebuffer, ready, pointer: news, time: now, name: this.#host.name },
      areas: again.flatMap(cutEvenly),
      profile: this.#profile,
      films: () => this.#films.present(now),
      mayBegin: this.#films.mayBegin(now),
      wholePointer: () => pointerNews(null, pointer),
    });
  }

  #wait(films: readonly FilmPart[]): void {
    this.#waiting.push(...films);
    const bytes = this.#waiting.reduce((sum, part) => sum + part.bytes.length, 0);
    if (this.#waiting.length <= MAX_WAITING && bytes <= MAX_WAITING_BYTES) return;
    const lost = this.#waiting.map(({ rectangle }) => rectangle);
    for (const rectangle of lost) this.#missed.add(rectangle);
    this.#films.lost(lost);
    this.#waiting = [];
  }
}

/** What has to be encoded of an update whose parts are recorded as they came where possible. */
function rest(parts: readonly ReadyPart[], areas: readonly Rectangle[]): Rectangle[] {
  if (areas.length === 0) return [];
  const moved = parts.flatMap(part => (part.kind === 'move' ? [destinationOf(part.move)] : []));
  return Region.of([...areas, ...moved]).rectangles();
}

function areaOf(part: ReadyPart): Rectangle {
  return part.kind === 'move' ? destinationOf(part.move) : part.rectangle;
}

/** The rectangles that bring one pointer to another. */
function pointerNews(before: RecordedPointer | null, now: RecordedPointer | null): Uint8Array[] {
  if (!now) return [];
  const news: Uint8Array[] = [];
  if (before?.image !== now.image) news.push(encodeCursorWithAlpha(now.image ?? INVISIBLE_CURSOR));
  if (before?.x !== now.x || before.y !== now.y) news.push(pointerPosition(now.x, now.y));
  return news;
}
