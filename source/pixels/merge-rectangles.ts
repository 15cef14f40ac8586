import { area, bounds, overlaps, type Rectangle } from '../core/rectangle.js';

/** The overhead of a rectangle, in pixels that could be sent instead. */
const OVERHEAD = 192;
/** More than any picture has pixels: merges everything allowed. */
const ANY = 2 ** 30;

/**
 * Merges neighbours whose common bounds hold hardly more pixels than they do, so that a letter across four cells is one
 * rectangle, and a video is one instead of five hundred.
 * @param rectangles disjoint, each inside one row of a grid of squares of `cell` pixels
 * @param most the most rectangles to return: above it more and more unchanged pixels are accepted between them (never
 *   fewer rectangles than rows of cells)
 * @returns disjoint rectangles that cover the given ones
 */
export function mergeRectangles(rectangles: readonly Rectangle[], cell: number, most: number): Rectangle[] {
  let overhead = OVERHEAD;
  let merged = mergeWith(rectangles, cell, overhead);
  while (merged.length > most && overhead < ANY) {
    overhead *= 8;
    merged = mergeWith(rectangles, cell, overhead);
  }
  return merged;
}

function fromLeft(a: Rectangle, b: Rectangle): number {
  return a.x - b.x;
}

function mergeWith(rectangles: readonly Rectangle[], cell: number, overhead: number): Rectangle[] {
  if (rectangles.length < 2) return [...rectangles];
  const rows = new Map<number, Rectangle[]>();
  for (const rectangle of [...rectangles].sort(fromLeft)) {
    const number = Math.floor(rectangle.y / cell);
    const row = rows.get(number) ?? [];
    absorb(row, rectangle, overhead);
    rows.set(number, row);
  }
  if (rows.size === 1) {
    const [row] = rows.values();
    return row!;
  }
  return mergeDown(
    [...rows].sort(([a], [b]) => a - b).map(([, row]) => row),
    overhead,
  );
}

// Runs per tile of a film, sixty times a second: plain loops, because V8 drops a closure's compiled code with the
// closure.

/** Adds a rectangle to its row of cells, merged with those that it touches; rectangles never grow out of their row. */
function absorb(row: Rectangle[], rectangle: Rectangle, overhead: number): void {
  for (let at = row.length - 1; at >= 0; at--) {
    const each = row[at]!;
    if (!overlaps(each, rectangle) && !worthwhile(each, rectangle, overhead)) continue;
    rectangle = bounds(each, rectangle);
    row.splice(at, 1);
    at = row.length;
  }
  row.push(rectangle);
}

/** Merges rows with the rectangles above them if nothing else is in between. */
function mergeDown(rows: readonly (readonly Rectangle[])[], overhead: number): Rectangle[] {
  const result: Rectangle[] = [];
  let open = 0;
  for (const [number, row] of rows.entries()) {
    const below = rows[number + 1] ?? [];
    const end = result.length;
    const next: Rectangle[] = [];
    for (const rectangle of row) {
      let joined: Rectangle | null = null;
      for (let i = open; i < end && joined === null; i++) {
        const above = result[i]!;
        if (!worthwhile(above, rectangle, overhead)) continue;
        const both = bounds(above, rectangle);
        if (
          reachesInto(result, both, above, rectangle) ||
          reachesInto(row, both, above, rectangle) ||
          reachesInto(next, both, above, rectangle) ||
          reachesInto(below, both, above, rectangle)
        )
          continue;
        joined = both;
        result[i] = EMPTY;
      }
      next.push(joined ?? rectangle);
    }
    open = end;
    for (const rectangle of next) result.push(rectangle);
  }
  return result.filter(isThere);
}

const EMPTY: Rectangle = { x: -1, y: -1, width: 0, height: 0 };

function isThere(rectangle: Rectangle): boolean {
  return rectangle !== EMPTY;
}

/** Whether any rectangle other than these two overlaps a place. */
function reachesInto(rectangles: readonly Rectangle[], place: Rectangle, one: Rectangle, other: Rectangle): boolean {
  for (const each of rectangles) if (each !== one && each !== other && overlaps(each, place)) return true;
  return false;
}

function worthwhile(a: Rectangle, b: Rectangle, overhead: number): boolean {
  return area(bounds(a, b)) <= area(a) + area(b) + overhead;
}
