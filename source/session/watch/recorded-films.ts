import { rectangleBytes } from '../../codecs/encode/encode-job.js';
import { viewOf } from '../../core/bytes.js';
import { type Rectangle, sameRectangle } from '../../core/rectangle.js';
import { Region } from '../../pixels/region.js';
import { ENCODING, H264 } from '../../protocols/rfb/constants.js';
import { videoMask } from '../../protocols/rfb/server-writer.js';
import type { ReadyPart, RecordedFilm } from '../recording/screen-recorder.js';

export type FilmPart = Extract<ReadyPart, { kind: 'film' }>;

/** A film without a picture for so long has ended, or pauses. */
const LIVE_MS = 1000;
/** Between two requests for pictures with which decoding can begin. */
const ASK_MS = 1000;

/** A film whose pictures the recording has had without a gap since decoding could last begin. */
interface Chain {
  readonly rectangle: Rectangle;
  at: number;
  masks: readonly Rectangle[];
  /** Its picture in this update, if decoding can begin with it. */
  begins: FilmPart | null;
}

/**
 * The films that a viewer is sent, as far as a recording keeps them as they come: each picture needs the one before it,
 * back to one with which decoding can begin. Each segment of a recording needs such a picture, so it is asked for.
 */
export class RecordedFilms {
  #chains: Chain[] = [];
  /** In this update: masks, and films that decoding cannot begin with. */
  #masks: Rectangle[] = [];
  #broken: Rectangle[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;

  masked(rectangle: Rectangle): void {
    this.#masks.push(rectangle);
  }

  /**
   * A picture of a film has arrived.
   * @param data what follows the rectangle's header
   * @returns null: it cannot be recorded as it came
   */
  arrived(rectangle: Rectangle, data: Uint8Array, now: number): FilmPart | null {
    const flags = viewOf(data).getUint32(FLAGS);
    if ((flags & H264.resetAllContexts) !== 0) this.#chains = [];
    const begins = (flags & (H264.resetAllContexts | H264.resetContext)) !== 0 && data.length > H264.headerLength;
    let chain = this.#chains.find(each => sameRectangle(each.rectangle, rectangle));
    if (!chain && begins) {
      chain = { rectangle, at: now, masks: [], begins: null };
      this.#chains.push(chain);
      if (this.#chains.length > H264.maxContexts) this.#chains.shift();
    }
    if (!chain) {
      this.#broken.push(rectangle);
      return null;
    }
    const masks = [...this.#masks];
    const bytes = rectangleBytes(rectangle, ENCODING.h264, [data]);
    const part: FilmPart = { kind: 'film', rectangle, bytes, masks: masks.map(videoMask) };
    chain.at = now;
    chain.masks = masks;
    chain.begins = begins ? part : null;
    return part;
  }

  /** Where the film is seen in its last picture. */
  visible({ rectangle }: FilmPart): Rectangle[] {
    const chain = this.#chains.find(each => sameRectangle(each.rectangle, rectangle));
    return Region.of([rectangle])
      .subtract(Region.of(chain?.masks ?? []))
      .rectangles();
  }

  /** Pictures of these films are not recorded: nothing can go on from them. */
  lost(films: readonly Rectangle[]): void {
    this.#chains = this.#chains.filter(({ rectangle }) => !films.some(film => sameRectangle(film, rectangle)));
  }

  /** The picture has another size, or another sharer. */
  clear(): void {
    this.#chains = [];
  }

  /** Whether a segment that begins now has a picture of each film to begin with. */
  mayBegin(now: number): boolean {
    return this.#live(now).every(({ begins }) => begins !== null);
  }

  /** For a segment that begins now. */
  present(now: number): RecordedFilm[] {
    return this.#live(now).map(({ rectangle, masks, begins }) => ({
      ...{ rectangle, exact: Region.of(masks) },
      present: begins && [...begins.masks, begins.bytes],
    }));
  }

  /** A segment has begun. */
  begun(): void {
    this.#chains = this.#chains.filter(({ begins }) => begins !== null);
  }

  /**
   * Ends an update.
   * @param due whether another segment is to begin
   * @returns films of which a picture has to be asked for with which decoding can begin
   */
  next(now: number, due: boolean): Rectangle[] {
    const asked = this.#broken;
    if (due) asked.push(...this.#live(now).flatMap(({ begins, rectangle }) => (begins ? [] : [rectangle])));
    this.#masks = [];
    this.#broken = [];
    for (const chain of this.#chains) chain.begins = null;
    if (asked.length === 0 || now - this.#askedAt < ASK_MS) return [];
    this.#askedAt = now;
    return asked;
  }

  #live(now: number): Chain[] {
    return this.#chains.filter(({ at }) => now - at < LIVE_MS);
  }
}

/** Where the flags lie, after the length. */
const FLAGS = 4;
