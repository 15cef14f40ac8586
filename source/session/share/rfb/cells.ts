import type { EncodedPart } from '../../../codecs/encode/encode-job.js';
import { area, intersect, overlaps, type Rectangle, type Size, translate } from '../../../core/rectangle.js';
import type { JournalEntry } from '../../../pixels/journal.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { TILE, type TileGrid } from '../../../pixels/tile-grid.js';
import { TIGHT } from '../../../protocols/rfb/constants.js';
import {
  LARGE_AREA,
  LARGE_CELL,
  MAX_ENTRIES,
  MEDIUM_AREA,
  MEDIUM_CELL,
  MIN_STRIP,
  SMALL_CELL,
  SMALL_CHANGE,
  STRIP_AREA,
  STRIP_STEP,
} from '../tuning.js';
import { PhotographicTiles } from './photographic-tiles.js';

/** A rectangle of the picture at a version: encoded once for all viewers. */
export interface Cell {
  readonly rectangle: Rectangle;
  /**
   * The version of the last change inside the rectangle, or a later one: the same rectangle and version mean the same
   * pixels.
   */
  readonly version: number;
}

/**
 * Cuts a rectangle into equal cells of a size that depends on its own, so that no slivers remain. The cut depends on
 * the rectangle alone, so every viewer that lacks it gets the same cells.
 */
export function cutEvenly({ x, y, width, height }: Rectangle): Rectangle[] {
  const pixels = width * height;
  const cell = pixels >= LARGE_AREA ? LARGE_CELL : pixels >= MEDIUM_AREA ? MEDIUM_CELL : SMALL_CELL;
  const columns = Math.max(1, Math.round(width / cell.width));
  const rows = Math.max(1, Math.round(height / cell.height));
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
 * Cuts rectangles along a fixed grid, by default of medium cells. Viewers with different dirty areas get the same cells
 * wherever their areas contain whole ones.
 */
export function cutOnGrid(rectangles: readonly Rectangle[], size: Size = MEDIUM_CELL): Rectangle[] {
  const cells: Rectangle[] = [];
  for (const rectangle of rectangles) {
    const right = rectangle.x + rectangle.width;
    const bottom = rectangle.y + rectangle.height;
    for (let y = rectangle.y - (rectangle.y % size.height); y < bottom; y += size.height) {
      for (let x = rectangle.x - (rectangle.x % size.width); x < right; x += size.width) {
        const part = intersect(rectangle, { x, y, ...size });
        if (part) cells.push(part);
      }
    }
  }
  return cells;
}

/** The cells of a share's commits, the same for all viewers. */
export class CellCuts {
  /** Cached, since later findings about photographs must not cut a commit differently for another viewer. */
  readonly #cells = new WeakMap<JournalEntry, readonly Cell[]>();
  readonly #photographic = new WeakMap<TileGrid, PhotographicTiles>();

  /** The cells of one commit's new pixels, the same for every caller. */
  cellsOf(entry: JournalEntry, { grid }: ScreenView): readonly Cell[] {
    const known = this.#cells.get(entry);
    if (known) return known;
    const photographic = this.#tilesOf(grid);
    const cells: Cell[] = [];
    const { version } = entry;
    for (const whole of entry.rectangles) {
      const strips = area(whole) >= MIN_STRIP && photographic.isMostlyPhotographic(whole);
      for (const rectangle of strips ? cutStrips(whole) : cutEvenly(whole)) cells.push({ rectangle, version });
    }
    this.#cells.set(entry, cells);
    return cells;
  }

  /** Those of the rectangles that are small and no film: together they cost hardly more than a round trip. */
  smallIn(screen: ScreenView, rectangles: readonly Rectangle[]): Rectangle[] {
    const photographic = this.#tilesOf(screen.grid);
    let pixels = 0;
    return rectangles.filter(rectangle => {
      const size = area(rectangle);
      if (size + pixels > SMALL_CHANGE || photographic.shareOf(rectangle) > 0.5) return false;
      pixels += size;
      return true;
    });
  }

  /** The same of cells that changed after a version. */
  smallCells(screen: ScreenView, cells: readonly Cell[], since: number): readonly Cell[] {
    const changed = cells.filter(({ version }) => version > since);
    const small = new Set(
      this.smallIn(
        screen,
        changed.map(({ rectangle }) => rectangle),
      ),
    );
    return small.size === cells.length ? cells : changed.filter(({ rectangle }) => small.has(rectangle));
  }

  /** Records photographic areas found by an encoder, for future commits. */
  note({ grid }: ScreenView, parts: readonly EncodedPart[]): void {
    this.#tilesOf(grid).note(parts);
  }

  /** Whether most of a rectangle was photographic when it was last encoded. */
  wasPhotographic({ grid }: ScreenView, rectangle: Rectangle): boolean {
    return this.#tilesOf(grid).isMostlyPhotographic(rectangle);
  }

  #tilesOf(grid: TileGrid): PhotographicTiles {
    let tiles = this.#photographic.get(grid);
    if (!tiles) {
      tiles = new PhotographicTiles(grid);
      this.#photographic.set(grid, tiles);
    }
    return tiles;
  }
}

/** Cuts a rectangle into strips for JPEG. */
export function cutStrips({ x, y, width, height }: Rectangle): Rectangle[] {
  const columns = Math.ceil(width / TIGHT.maxWidth);
  const minRows = width * height < MEDIUM_AREA ? 1 : 2;
  const rows = Math.max(minRows, Math.round((width * height) / columns / STRIP_AREA));
  const cells: Rectangle[] = [];
  let bottom = 0;
  for (let row = 1; row <= rows; row++) {
    const top = bottom;
    bottom = row === rows ? height : Math.round((height * row) / rows / STRIP_STEP) * STRIP_STEP;
    if (bottom === top) continue;
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((width * column) / columns);
      const right = Math.floor((width * (column + 1)) / columns);
      cells.push({ x: x + left, y: y + top, width: right - left, height: bottom - top });
    }
  }
  return cells;
}

/** The rectangle with the version of its present pixels. */
export function presentCell(screen: ScreenView, rectangle: Rectangle): Cell {
  const { entries } = screen.journal;
  const last = Math.max(entries.length - MAX_ENTRIES, 0);
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
