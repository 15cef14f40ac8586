import { area, bounds, overlaps, type Rectangle } from '../core/rectangle.js';

/** What a rectangle of its own costs, in pixels that could be sent instead. */
const OVERHEAD = 192;
/** More than any picture has pixels: joins whatever may be joined. */
const ANY = 2 ** 30;

/**
 * Joins neighbours whose common bounds hold hardly more pixels than they do, so that a letter that lies across four
 * cells is one rectangle again and a video is one, not five hundred.
 * @param rectangles disjoint, each inside one cell of a grid of squares of `cell` pixels
 * @param most how many may be left: beyond it ever more unchanged pixels are accepted between them (never fewer than
 *   one for each row of cells)
 * @returns disjoint rectangles that hold all of the given ones
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

function mergeWith(rectangles: readonly Rectangle[], cell: number, overhead: number): Rectangle[] {
  if (rectangles.length < 2) return [...rectangles];
  const rows = new Map<number, Rectangle[]>();
  for (const rectangle of [...rectangles].sort((a, b) => a.x - b.x)) {
    const number = Math.floor(rectangle.y / cell);
    const row = rows.get(number) ?? [];
    absorb(row, rectangle, overhead);
    rows.set(number, row);
  }
  return mergeDown(
    [...rows].sort(([a], [b]) => a - b).map(([, row]) => row),
    overhead,
  );
}

/** Adds a rectangle to those of its row of cells, joined with what it touches; nothing grows out of the row by it. */
function absorb(row: Rectangle[], rectangle: Rectangle, overhead: number): void {
  for (;;) {
    const joined = rectangle;
    const at = row.findLastIndex(each => overlaps(each, joined) || worthwhile(each, joined, overhead));
    if (at < 0) break;
    rectangle = bounds(row[at]!, rectangle);
    row.splice(at, 1);
  }
  row.push(rectangle);
}

/** Joins rows with what lies above them where nothing else is in between. */
function mergeDown(rows: readonly (readonly Rectangle[])[], overhead: number): Rectangle[] {
  const result: Rectangle[] = [];
  let open = 0;
  rows.forEach((row, number) => {
    const below = rows[number + 1] ?? [];
    const end = result.length;
    const next: Rectangle[] = [];
    for (const rectangle of row) {
      let joined: Rectangle | null = null;
      for (let i = open; i < end && joined === null; i++) {
        const above = result[i]!;
        if (!worthwhile(above, rectangle, overhead)) continue;
        const both = bounds(above, rectangle);
        const others = [result, row, next, below];
        if (others.some(list => list.some(each => each !== above && each !== rectangle && overlaps(each, both))))
          continue;
        joined = both;
        result[i] = EMPTY;
      }
      next.push(joined ?? rectangle);
    }
    open = end;
    result.push(...next);
  });
  return result.filter(each => each !== EMPTY);
}

const EMPTY: Rectangle = { x: -1, y: -1, width: 0, height: 0 };

function worthwhile(a: Rectangle, b: Rectangle, overhead: number): boolean {
  return area(bounds(a, b)) <= area(a) + area(b) + overhead;
}
