import { intersect, overlaps, type Rectangle, translate } from '../core/rectangle.js';
import type { JournalEntry } from '../pixels/journal.js';
import type { ScreenView } from '../pixels/screen.js';
import { TILE } from '../pixels/tile-grid.js';

/** A rectangle of the picture as of a version: what is encoded once for everybody. */
export interface Cell {
  readonly rectangle: Rectangle;
  /** Of the last change inside of the rectangle, or a later one: the same rectangle and version are the same pixels. */
  readonly version: number;
}

/** What cells are about: 256x64 held up best against squares for pages of text (see the design's figures). */
export const CELL = { width: 256, height: 64 } as const;

/** How far back the journal is looked through for the last change of a cell; before that the tile grid knows. */
const MOST_ENTRIES = 32;

/**
 * Cuts a rectangle into cells of about CELL's size: equal ones, so that no slivers are left over. The cut depends on the
 * rectangle alone, so every viewer that lacks it is sent the same cells.
 */
export function cutEvenly({ x, y, width, height }: Rectangle): Rectangle[] {
  const columns = Math.max(1, Math.round(width / CELL.width));
  const rows = Math.max(1, Math.round(height / CELL.height));
  const cells: Rectangle[] = [];
  for (let row = 0; row < rows; row++) {
    const top = Math.floor((height * row) / rows);
    const bottom = Math.floor((height * (row + 1)) / rows);
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((width * column) / columns);
      const right = Math.floor((width * (column + 1)) / columns);
      cells.push({ x: x + left, y: y + top, width: right - left, height: bottom - top });
    }
  }
  return cells;
}

/**
 * Cuts rectangles where the lines of a fixed grid of CELL's size run, so that viewers who lack different areas are sent
 * the same cells where their areas have them whole.
 */
export function cutOnGrid(rectangles: readonly Rectangle[]): Rectangle[] {
  const cells: Rectangle[] = [];
  for (const rectangle of rectangles) {
    const right = rectangle.x + rectangle.width;
    const bottom = rectangle.y + rectangle.height;
    for (let y = rectangle.y - (rectangle.y % CELL.height); y < bottom; y += CELL.height) {
      for (let x = rectangle.x - (rectangle.x % CELL.width); x < right; x += CELL.width) {
        const part = intersect(rectangle, { x, y, ...CELL });
        if (part) cells.push(part);
      }
    }
  }
  return cells;
}

/** The cells of one commit's new pixels. */
export function cellsOf(entry: JournalEntry): Cell[] {
  return entry.rectangles.flatMap(rectangle =>
    cutEvenly(rectangle).map(cell => ({ rectangle: cell, version: entry.version })),
  );
}

/** The rectangle as it is now, with the version that says so. */
export function presentCell(screen: ScreenView, rectangle: Rectangle): Cell {
  const { entries } = screen.journal;
  const last = Math.max(entries.length - MOST_ENTRIES, 0);
  for (let index = entries.length - 1; index >= last; index--) {
    const entry = entries[index]!;
    if (touches(entry, rectangle)) return { rectangle, version: entry.version };
  }
  return { rectangle, version: tileVersion(screen, rectangle) };
}

function touches(entry: JournalEntry, rectangle: Rectangle): boolean {
  return (
    entry.rectangles.some(each => overlaps(each, rectangle)) ||
    entry.moves.some(move => overlaps(translate(move.source, move.dx, move.dy), rectangle))
  );
}

function tileVersion({ grid }: ScreenView, { x, y, width, height }: Rectangle): number {
  let version = 0;
  for (let row = Math.floor(y / TILE); row * TILE < y + height; row++) {
    for (let column = Math.floor(x / TILE); column * TILE < x + width; column++) {
      version = Math.max(version, grid.versionAt(column, row));
    }
  }
  return version;
}
