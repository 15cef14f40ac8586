import { area, contains, intersect, type Rectangle, translate } from '../../../core/rectangle.js';
import type { Move } from '../../../pixels/journal.js';

interface LossyCell {
  readonly rectangle: Rectangle;
  readonly sentAt: number;
}

/** What was sent with losses is made good after it lay still for that long. */
export const STILL_MS = 250;
/** Cells beyond that number are not followed one by one: the two oldest become one. */
const MOST = 4096;

/** Where a viewer's picture is only nearly right, because it was sent as JPEG. */
export class LossyCells {
  readonly #cells = new Map<string, LossyCell>();

  get size(): number {
    return this.#cells.size;
  }

  clear(): void {
    this.#cells.clear();
  }

  /** A rectangle went out. */
  sent(rectangle: Rectangle, lossy: boolean, now: number): void {
    if (this.#cells.size > 0) {
      for (const [key, cell] of this.#cells) if (contains(rectangle, cell.rectangle)) this.#cells.delete(key);
    }
    if (!lossy) return;
    if (this.#cells.size >= MOST) this.#mergeOldest();
    this.#cells.set(keyOf(rectangle), { rectangle, sentAt: now });
  }

  /** A cell that `still` gave was sent again without losses. */
  madeGood(rectangle: Rectangle): void {
    this.#cells.delete(keyOf(rectangle));
  }

  /** The viewer moved pixels: what was not right has gone along. */
  moved({ source, dx, dy }: Move, now: number): void {
    const arrived: Rectangle[] = [];
    for (const { rectangle } of this.#cells.values()) {
      const part = intersect(rectangle, source);
      if (part) arrived.push(translate(part, dx, dy));
    }
    for (const rectangle of arrived) this.#cells.set(keyOf(rectangle), { rectangle, sentAt: now });
  }

  /** Cells that have lain still, the oldest first, up to so many pixels but at least one. */
  still(now: number, mostPixels: number): Rectangle[] {
    const still: Rectangle[] = [];
    let pixels = 0;
    for (const { rectangle, sentAt } of this.#cells.values()) {
      if (now - sentAt < STILL_MS) continue;
      if (still.length > 0 && pixels + area(rectangle) > mostPixels) break;
      still.push(rectangle);
      pixels += area(rectangle);
    }
    return still;
  }

  /** How long until a cell has lain still; null without any. */
  waitMs(now: number): number | null {
    let least: number | null = null;
    for (const { sentAt } of this.#cells.values()) {
      const wait = Math.max(sentAt + STILL_MS - now, 0);
      if (least === null || wait < least) least = wait;
    }
    return least;
  }

  #mergeOldest(): void {
    const [first, second] = [...this.#cells.entries()].slice(0, 2);
    if (!first || !second) return;
    const right = Math.max(...[first, second].map(([, { rectangle }]) => rectangle.x + rectangle.width));
    const bottom = Math.max(...[first, second].map(([, { rectangle }]) => rectangle.y + rectangle.height));
    const x = Math.min(first[1].rectangle.x, second[1].rectangle.x);
    const y = Math.min(first[1].rectangle.y, second[1].rectangle.y);
    const rectangle = { x, y, width: right - x, height: bottom - y };
    this.#cells.delete(first[0]);
    this.#cells.delete(second[0]);
    this.#cells.set(keyOf(rectangle), { rectangle, sentAt: second[1].sentAt });
  }
}

function keyOf({ x, y, width, height }: Rectangle): string {
  return `${x} ${y} ${width} ${height}`;
}
