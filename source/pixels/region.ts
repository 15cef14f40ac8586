import type { Rectangle } from '../core/rectangle.js';

/** Rows y..bottom (exclusive) with the same spans: x, end, x, end ... ascending, neither empty nor touching. */
interface Band {
  readonly y: number;
  readonly bottom: number;
  readonly spans: readonly number[];
}

interface GrowingRectangle extends Rectangle {
  height: number;
}

const NOTHING: readonly number[] = [];
const NO_BANDS: readonly Band[] = [];

/** From this many bands on, a search for the affected ones pays. */
const MANY_BANDS = 16;

/** Up to this many bands, looking at each is quicker than a walk. */
const MOST_WITHOUT_WALK = 4;

/** Whether a pixel is in the result, from whether it is in the left and in the right region. */
type Rule = (left: boolean, right: boolean) => boolean;

const UNION: Rule = (left, right) => left || right;
const DIFFERENCE: Rule = (left, right) => left && !right;
const INTERSECTION: Rule = (left, right) => left && right;

/**
 * A set of pixels, stored as bands of rows from the top, each with its spans from the left (as X11 regions are). Equal
 * sets have equal forms, and each operation is one walk over both sides.
 */
export class Region {
  #bands: readonly Band[] = [];

  static of(rectangles: Iterable<Rectangle>): Region {
    let parts = Array.from(rectangles, rectangle => bandsOf(rectangle));
    while (parts.length > 1) {
      const merged: (readonly Band[])[] = [];
      for (let i = 0; i < parts.length; i += 2) merged.push(combine(parts[i]!, parts[i + 1] ?? [], UNION));
      parts = merged;
    }
    const region = new Region();
    region.#bands = parts[0] ?? [];
    return region;
  }

  get isEmpty(): boolean {
    return this.#bands.length === 0;
  }

  /** Area in pixels. */
  get area(): number {
    let sum = 0;
    for (const { y, bottom, spans } of this.#bands) {
      for (let i = 0; i < spans.length; i += 2) sum += (spans[i + 1]! - spans[i]!) * (bottom - y);
    }
    return sum;
  }

  /** The number of spans in all bands: the cost of an operation, and about the number of rectangles. */
  get spans(): number {
    let edges = 0;
    for (const { spans } of this.#bands) edges += spans.length;
    return edges / 2;
  }

  /** The bounding rectangle; null: the region is empty. */
  get bounds(): Rectangle | null {
    const first = this.#bands[0];
    const last = this.#bands.at(-1);
    if (first === undefined || last === undefined) return null;
    let left = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    for (const { spans } of this.#bands) {
      left = Math.min(left, spans[0]!);
      right = Math.max(right, spans.at(-1)!);
    }
    return { x: left, y: first.y, width: right - left, height: last.bottom - first.y };
  }

  /** Whether a rectangle is entirely inside. */
  covers(rectangle: Rectangle): boolean {
    const [first] = this.#bands;
    if (first === undefined) return rectangle.width <= 0 || rectangle.height <= 0;
    const { x, y, width, height } = rectangle;
    // Usually a single rectangle: the whole screen.
    const inOne = first.y <= y && first.bottom >= y + height && first.spans[0]! <= x && first.spans[1]! >= x + width;
    return inOne || Region.of([rectangle]).subtract(this).isEmpty;
  }

  copy(): Region {
    const region = new Region();
    region.#bands = this.#bands;
    return region;
  }

  add(other: Rectangle | Region): this {
    return this.#apply(other, UNION);
  }

  subtract(other: Rectangle | Region): this {
    return this.#apply(other, DIFFERENCE);
  }

  intersect(other: Rectangle | Region): this {
    return this.#apply(other, INTERSECTION);
  }

  translate(dx: number, dy: number): this {
    this.#bands = this.#bands.map(({ y, bottom, spans }) => ({
      y: y + dy,
      bottom: bottom + dy,
      spans: spans.map(x => x + dx),
    }));
    return this;
  }

  /** Disjoint, from the top; a span that continues in the next band is one rectangle. */
  rectangles(): Rectangle[] {
    const done: Rectangle[] = [];
    /** Those that reach down to the present band, from the left. */
    let above: GrowingRectangle[] = [];
    let bottom = Number.NaN;
    for (const band of this.#bands) {
      const { y, spans } = band;
      if (y !== bottom) above = [];
      bottom = band.bottom;
      const reached: GrowingRectangle[] = [];
      let at = 0;
      for (let i = 0; i < spans.length; i += 2) {
        const x = spans[i]!;
        const width = spans[i + 1]! - x;
        while (at < above.length && above[at]!.x < x) at++;
        let rectangle = above[at];
        if (rectangle?.x === x && rectangle.width === width) rectangle.height += bottom - y;
        else {
          rectangle = { x, y, width, height: bottom - y };
          done.push(rectangle);
        }
        reached.push(rectangle);
      }
      above = reached;
    }
    return done;
  }

  /**
   * Collapses to its bounds above this many spans. Only for pixels still to be sent, where more does no harm; a region
   * to subtract, or of pixels known to be exact, must stay exact.
   */
  widenBeyond(most: number): this {
    const bounds = this.spans > most ? this.bounds : null;
    if (bounds) this.#bands = bandsOf(bounds);
    return this;
  }

  #apply(other: Rectangle | Region, rule: Rule): this {
    const bands = this.#bands;
    const simple = other instanceof Region ? null : withoutWalk(bands, other, rule);
    if (simple) {
      this.#bands = simple;
      return this;
    }
    if (other instanceof Region || bands.length < MANY_BANDS) {
      this.#bands = combine(bands, other instanceof Region ? other.#bands : bandsOf(other), rule);
      return this;
    }
    // Only bands that a rectangle overlaps, or touches and may merge with, are walked.
    const bottom = other.y + other.height;
    let from = 0;
    while (from < bands.length && bands[from]!.bottom < other.y) from++;
    let to = from;
    while (to < bands.length && bands[to]!.y <= bottom) to++;
    const reached = combine(bands.slice(from, to), bandsOf(other), rule);
    const kept = rule(true, false);
    this.#bands = kept ? [...bands.slice(0, from), ...reached, ...bands.slice(to)] : reached;
    return this;
  }
}

function bandsOf({ x, y, width, height }: Rectangle): readonly Band[] {
  return width > 0 && height > 0 ? [{ y, bottom: y + height, spans: [x, x + width] }] : [];
}

function combine(left: readonly Band[], right: readonly Band[], rule: Rule): readonly Band[] {
  if (left.length === 0) return rule(false, true) ? right : [];
  if (right.length === 0) return rule(true, false) ? left : [];
  const result: Band[] = [];
  let i = 0;
  let j = 0;
  let y = Math.min(left[0]!.y, right[0]!.y);
  while (i < left.length || j < right.length) {
    const a = left[i];
    const b = right[j];
    const inA = a !== undefined && a.y <= y;
    const inB = b !== undefined && b.y <= y;
    const end = Math.min(edgeBelow(a, inA), edgeBelow(b, inB));
    if (inA || inB) append(result, y, end, combineSpans(inA ? a.spans : NOTHING, inB ? b.spans : NOTHING, rule));
    if (a !== undefined && end >= a.bottom) i++;
    if (b !== undefined && end >= b.bottom) j++;
    y = end;
  }
  return result;
}

/**
 * The usual cases, a rectangle that holds all of a small region or none of it, without a walk: that saves a third of the
 * function calls that regions cost the share while somebody types. By indices, because iterating allocates.
 * @returns null: any other case
 */
function withoutWalk(bands: readonly Band[], { x, y, width, height }: Rectangle, rule: Rule): readonly Band[] | null {
  const most = bands.length;
  if (width <= 0 || height <= 0) return rule === INTERSECTION ? NO_BANDS : bands;
  if (most === 0) return apart(bands, rule);
  if (most > MOST_WITHOUT_WALK) return null;
  const first = bands[0]!;
  const last = bands[most - 1]!;
  const end = x + width;
  const bottom = y + height;
  if (y >= last.bottom || bottom <= first.y) return apart(bands, rule);
  let from = first.spans[0]!;
  let to = first.spans[first.spans.length - 1]!;
  for (let i = 1; i < most; i++) {
    const { spans } = bands[i]!;
    from = Math.min(from, spans[0]!);
    to = Math.max(to, spans[spans.length - 1]!);
  }
  if (x >= to || end <= from) return apart(bands, rule);
  const holds = y <= first.y && bottom >= last.bottom && x <= from && end >= to;
  if (holds && rule !== UNION) return rule === DIFFERENCE ? NO_BANDS : bands;
  const within = rule === UNION && most === 1 && first.spans.length === 2;
  return within && first.y <= y && first.bottom >= bottom && from <= x && to >= end ? bands : null;
}

/** With a rectangle that shares no pixel. They may touch, so that their union needs a walk. */
function apart(bands: readonly Band[], rule: Rule): readonly Band[] | null {
  if (rule === UNION) return null;
  return rule === DIFFERENCE ? bands : NO_BANDS;
}

/** The next row at which the band begins or ends, from a row inside or above it. */
function edgeBelow(band: Band | undefined, inside: boolean): number {
  if (band === undefined) return Number.POSITIVE_INFINITY;
  return inside ? band.bottom : band.y;
}

function append(bands: Band[], y: number, bottom: number, spans: readonly number[]): void {
  if (spans.length === 0) return;
  const last = bands.at(-1);
  if (last !== undefined && last.bottom === y && sameSpans(last.spans, spans)) {
    bands[bands.length - 1] = { y: last.y, bottom, spans: last.spans };
  } else {
    bands.push({ y, bottom, spans });
  }
}

function sameSpans(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((x, i) => x === b[i]));
}

/** Walks the edges of both sides in order and emits one wherever the rule's result changes. */
function combineSpans(a: readonly number[], b: readonly number[], rule: Rule): readonly number[] {
  const result: number[] = [];
  let i = 0;
  let j = 0;
  let inside = false;
  while (i < a.length || j < b.length) {
    const x = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    if (a[i] === x) i++;
    if (b[j] === x) j++;
    // After an odd number of edges: inside a span.
    const now = rule(i % 2 === 1, j % 2 === 1);
    if (now !== inside) result.push(x);
    inside = now;
  }
  return result;
}
