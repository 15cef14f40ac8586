import type { EncodedRectangle } from '../../../codecs/encode/encode-job.js';
import type { JpegQuality } from '../../../codecs/jpeg/jpeg-library.js';
import { area, type Rectangle } from '../../../core/rectangle.js';
import { RollingWindow } from '../../stats/rolling-window.js';
import { FilmCost, filmQuality, qualityClass } from './film-quality.js';

/** What a viewer may be sent, in bytes a second. Null: as much as there is, because nothing is known that limits it. */
export interface RateBudget {
  /** All together. */
  readonly bytesPerSecond: number | null;
  /** The part that is left for film, video included, once everything else has been sent. */
  readonly forFilm: number | null;
}

/** The fraction of what a link carries that is planned with: the rest lets queues drain. */
const HEADROOM = 0.9;
/** The least part of a budget that film keeps, whatever else is sent. */
const FILM_SHARE = 0.25;
/** What a pixel that is sent exactly costs before anything was measured, in bytes, and the weight of a measurement. */
const FIRST_EXACT = 0.2;
const EXACT_WEIGHT = 0.3;
/** Fewer pixels say little about others. */
const MIN_PIXELS = 8192;
/** The span over which what is sent besides film is counted. */
const SPAN_MS = 1000;
/** The time between pictures at most and at least, and how it follows a source that draws more slowly or faster. */
const MOST_MS = 125;
const LEAST_MS = 1000 / 30;
const SLOWER = 1.15;
const FASTER = 0.8;
/** Fractions of a picture's time in which the viewer waited for the source. */
const IDLE = 0.25;
const BUSY = 0.08;
/** After a pause this long film has begun anew. */
const PAUSE_MS = 500;

/**
 * What one viewer is sent of film: follows what its link carries, and what it may be sent, continuously. A bound on the
 * delay of a picture goes before its quality.
 */
export class ViewerRate {
  readonly #cost = new FilmCost();
  readonly #others = new RollingWindow(SPAN_MS);
  #exactPerPixel = FIRST_EXACT;
  #quality: number | null = null;
  /** In photographs of the last picture. */
  #filmPixels = 0;
  #sourceMs = LEAST_MS;
  #readySince: number | null = null;
  #pictureAt = Number.NEGATIVE_INFINITY;

  /** The quality of film now, 1 to 100; null: as good as the viewer asks for. */
  get quality(): number | null {
    return this.#quality;
  }

  /** Bytes of a pixel of its photographs at a quality; null: nothing was measured yet. */
  perPixel(quality: number): number | null {
    return this.#cost.known ? this.#cost.perPixel(quality) : null;
  }

  /** @param rate that its link carries and that it may be sent, in bytes a second; null: unknown */
  budget(rate: number | null, now: number): RateBudget {
    if (rate === null) return { bytesPerSecond: null, forFilm: null };
    const others = (this.#others.sum(now) * 1000) / SPAN_MS;
    return { bytesPerSecond: rate, forFilm: Math.max(rate * HEADROOM - others, rate * FILM_SHARE) };
  }

  /** It could take a picture, and there is none. */
  waits(now: number): void {
    this.#readySince ??= now;
  }

  /**
   * The quality for the photographs of a picture that is about to be encoded.
   * @param pixels of the picture
   * @param film counts those in photographs: only asked where it matters
   * @param rate as for `budget`
   * @returns null: as good as the viewer asks for
   */
  qualityFor(
    { quality: asked }: JpegQuality,
    pixels: number,
    film: () => number,
    rate: number | null,
    now: number,
  ): number | null {
    const bytes = rate === null ? Number.POSITIVE_INFINITY : (rate * HEADROOM * LEAST_MS) / 1000;
    const dearest = Math.max(this.#cost.perPixel(asked), this.#exactPerPixel);
    // Nearly always on a fast link.
    if (rate === null || pixels * dearest <= bytes) {
      // A letter between two pictures of film says nothing about them.
      if (pixels >= this.#filmPixels) this.#quality = null;
      return null;
    }
    const filmPixels = film();
    if (filmPixels === 0) return this.#quality;
    this.#filmPixels = filmPixels;
    this.#follow(now);
    const otherBytes = (pixels - filmPixels) * this.#exactPerPixel;
    const room = { pixels: filmPixels, otherBytes, bytesPerSecond: rate * HEADROOM, sourceMs: this.#sourceMs };
    const fitting = filmQuality(this.#cost, room);
    this.#quality = fitting >= asked ? null : Math.min(qualityClass(fitting, this.#quality), asked);
    return this.#quality;
  }

  /** Rectangles were encoded for it. @param quality of those in photographs */
  sent(rectangles: readonly EncodedRectangle[], quality: number | null, now: number): void {
    let filmPixels = 0;
    let filmBytes = 0;
    let pixels = 0;
    let bytes = 0;
    for (const { parts } of rectangles) {
      for (const { rectangle, lossy, length } of parts) {
        if (lossy) {
          filmPixels += area(rectangle);
          filmBytes += length;
        } else {
          pixels += area(rectangle);
          bytes += length;
        }
      }
    }
    if (quality !== null) this.#cost.measured(filmPixels, filmBytes, quality);
    if (bytes === 0) return;
    this.#others.add(now, bytes);
    if (pixels >= MIN_PIXELS) this.#exactPerPixel += (bytes / pixels - this.#exactPerPixel) * EXACT_WEIGHT;
  }

  /** A source that draws less often than it could be sent gets better pictures. */
  #follow(now: number): void {
    const interval = now - this.#pictureAt;
    const idle = this.#readySince === null ? 0 : now - this.#readySince;
    this.#pictureAt = now;
    this.#readySince = null;
    if (interval > PAUSE_MS) this.#sourceMs = LEAST_MS;
    else if (idle > interval * IDLE) this.#sourceMs = Math.min(this.#sourceMs * SLOWER, MOST_MS);
    else if (idle < interval * BUSY) this.#sourceMs = Math.max(this.#sourceMs * FASTER, LEAST_MS);
  }
}

/** The pixels of rectangles. */
export function pixelsOf(rectangles: readonly { readonly rectangle: Rectangle }[]): number {
  let pixels = 0;
  for (const { rectangle } of rectangles) pixels += area(rectangle);
  return pixels;
}
