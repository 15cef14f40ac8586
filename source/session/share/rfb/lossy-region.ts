import type { EncodedRectangle } from '../../../codecs/encode/encode-job.js';
import { area, type Rectangle, type Size, translate } from '../../../core/rectangle.js';
import { destinationOf, type Move } from '../../../pixels/journal.js';
import { Region } from '../../../pixels/region.js';
import {
  BYTES_PER_REFINED_PIXEL,
  MAX_LOSSY_SPANS,
  MAX_REFINED_RATE,
  MEDIUM_CELL,
  REFINE_MS,
  STATIC_MERGE_MS,
  STATIC_MS,
} from '../tuning.js';
import { cutOnGrid } from './cells.js';

interface Recent {
  readonly since: number;
  readonly region: Region;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Squared, from the middle of a rectangle. */
function distance({ x, y, width, height }: Rectangle, point: Point): number {
  return (x + width / 2 - point.x) ** 2 + (y + height / 2 - point.y) ** 2;
}

/** The area of a viewer's picture that was sent lossy, as JPEG, and for how long it has been static. */
export class LossyRegion {
  #static = new Region();
  /** The oldest first. */
  #recent: Recent[] = [];

  get isEmpty(): boolean {
    return this.#recent.length === 0 && this.#static.isEmpty;
  }

  clear(): void {
    this.#static = new Region();
    this.#recent = [];
  }

  /** Whether any of these pixels is lossy. */
  overlaps(rectangle: Rectangle): boolean {
    return this.#regions().some(region => !region.copy().intersect(rectangle).isEmpty);
  }

  /** A rectangle was sent. */
  sent(rectangle: Rectangle, lossy: boolean, now: number): void {
    if (!this.isEmpty) this.#subtract(rectangle);
    if (lossy) this.#youngest(now).add(rectangle);
  }

  /** Encoded rectangles were sent, with lossy and lossless parts. */
  sentAll(encoded: readonly EncodedRectangle[], now: number): void {
    for (const { parts } of encoded) {
      for (const { rectangle, lossy } of parts) this.sent(rectangle, lossy, now);
    }
    if (this.isEmpty) return;
    // The area in between is refined once too often, which does no harm.
    for (const region of this.#regions()) region.widenBeyond(MAX_LOSSY_SPANS);
  }

  /** The viewer moved pixels: lossy areas move with them. */
  moved(move: Move, now: number): void {
    if (this.isEmpty) return;
    const { source, dx, dy } = move;
    const arrived: Rectangle[] = [];
    for (const region of this.#regions()) {
      for (const part of region.copy().intersect(source).rectangles()) arrived.push(translate(part, dx, dy));
    }
    this.#subtract(destinationOf(move));
    if (arrived.length > 0) this.#youngest(now).add(Region.of(arrived));
  }

  /**
   * Static cells, up to this many pixels but at least one cell.
   * @param near those at this place first, e.g. around the pointer; null: from the top
   * @param changing areas to leave out, because they are not static after all
   */
  staticCells(
    now: number,
    maxPixels: number,
    size: Size = MEDIUM_CELL,
    near: Point | null = null,
    changing: readonly Rectangle[] = [],
  ): Rectangle[] {
    this.#age(now);
    const region = changing.length > 0 ? this.#static.copy() : this.#static;
    for (const rectangle of changing) region.subtract(rectangle);
    const cells: Rectangle[] = [];
    let pixels = 0;
    const all = cutOnGrid(region.rectangles(), size);
    if (near) all.sort((a, b) => distance(a, near) - distance(b, near));
    for (const cell of all) {
      pixels += area(cell);
      if (cells.length > 0 && pixels > maxPixels) break;
      cells.push(cell);
    }
    return cells;
  }

  /** The time until something is static. */
  waitMs(now: number): number {
    this.#age(now);
    if (!this.#static.isEmpty) return 0;
    const [oldest] = this.#recent;
    return oldest ? Math.max(oldest.since + STATIC_MS - now, 1) : Number.POSITIVE_INFINITY;
  }

  #regions(): Region[] {
    return [this.#static, ...this.#recent.map(({ region }) => region)];
  }

  #subtract(rectangle: Rectangle): void {
    for (const region of this.#regions()) region.subtract(rectangle);
    this.#recent = this.#recent.filter(({ region }) => !region.isEmpty);
  }

  #youngest(now: number): Region {
    const last = this.#recent.at(-1);
    if (last && now - last.since < STATIC_MERGE_MS) return last.region;
    const region = new Region();
    this.#recent.push({ since: now, region });
    return region;
  }

  #age(now: number): void {
    while (this.#recent[0] && now - this.#recent[0].since >= STATIC_MS) this.#static.add(this.#recent.shift()!.region);
  }
}

/** The number of pixels that a link with this bandwidth in bytes per second (null: unknown) can refine at once. */
export function refinedPixels(bandwidth: number | null): number {
  const rate = Math.min(bandwidth ?? MAX_REFINED_RATE, MAX_REFINED_RATE);
  return (rate * REFINE_MS) / 1000 / BYTES_PER_REFINED_PIXEL;
}
