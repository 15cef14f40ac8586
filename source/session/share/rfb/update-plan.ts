import { area, contains, intersect, type Rectangle } from '../../../core/rectangle.js';
import { destinationOf, type JournalEntry, type Move } from '../../../pixels/journal.js';
import { Region } from '../../../pixels/region.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { MAX_CELLS, MAX_WASTE } from '../tuning.js';
import { type Cell, type CellCuts, cutOnGrid, presentCell } from './cells.js';

/** The part of a screen that a viewer already has. */
export interface ClientState {
  /** The version of its picture, except for the dirty areas; 0: nothing. */
  readonly version: number;
  /** Areas that are missing although it has the version: requested again, or outside its requests so far. */
  readonly dirty: Region;
}

export interface UpdateRequest {
  /** The part of the screen inside the viewer's framebuffer. */
  readonly bounds: Rectangle;
  /** The requested region, inside the bounds. */
  readonly requested: Region;
  readonly copyRect: boolean;
  /** Whether dirty areas may be sent now. */
  readonly refreshes: boolean;
}

/** The steps that bring a viewer to the screen's present version. */
export interface UpdatePlan {
  readonly screen: ScreenView;
  readonly version: number;
  /** CopyRects that the viewer performs first, in this order. */
  readonly moves: readonly Move[];
  readonly cells: readonly Cell[];
  /** The number of cells, at the end of the list, that refresh dirty areas. */
  readonly refreshed: number;
  /** The areas that are dirty afterwards, because they were not requested. */
  readonly dirty: Region;
  /** The number of versions that it never sees. */
  readonly skipped: number;
  /** When the newest content was captured, on the share's clock; null if nothing is new. */
  readonly capturedAt: number | null;
}

/** Mostly so after an update: nothing need be planned for a viewer that has the present version. */
export function isUpToDate(screen: ScreenView, has: ClientState, refreshes: boolean): boolean {
  return has.version === screen.version && (has.dirty.isEmpty || !refreshes);
}

/**
 * Plans the update that brings a viewer's requested region to the present. It consists of the cells of each missing
 * commit, so that viewers with different versions get the same cells.
 * @returns null if nothing that it requested is missing
 */
export function planUpdate(
  screen: ScreenView,
  cuts: CellCuts,
  has: ClientState,
  request: UpdateRequest,
): UpdatePlan | null {
  const { bounds, requested, copyRect } = request;
  const everything = requested.covers(bounds);
  const wholeScreen = contains(bounds, screen.framebuffer.bounds);
  const mayMove = copyRect && everything && wholeScreen;
  const { moves, cells } = lacking(screen, cuts, has.version, mayMove);
  const inside = wholeScreen ? cells : clip(screen, cells, bounds);
  // Usually all of it is sent, and nothing else.
  const sent: SentCells =
    everything && has.dirty.isEmpty
      ? { cells: inside, refreshed: 0, dirty: new Region() }
      : withDirty(screen, inside, moved(has.dirty, moves).intersect(bounds), request, everything);
  if (sent.cells.length === 0 && moves.length === 0) return null;
  const last = screen.journal.entries.at(-1);
  return {
    screen,
    version: screen.version,
    moves,
    ...sent,
    skipped: has.version > 0 ? Math.max(screen.version - has.version - 1, 0) : 0,
    capturedAt: last && last.version > has.version ? last.time : null,
  };
}

type SentCells = Pick<UpdatePlan, 'cells' | 'refreshed' | 'dirty'>;

/**
 * What is sent of the changed cells and of what was dirty before them, and what is dirty afterwards.
 * @param everything whether all of the bounds is requested
 */
function withDirty(
  screen: ScreenView,
  changed: readonly Cell[],
  dirtyBefore: Region,
  { requested, refreshes }: UpdateRequest,
  everything: boolean,
): SentCells {
  const parts = everything ? { now: changed, later: new Region() } : split(screen, changed, requested);
  const dirtyNow = refreshes ? dirtyBefore.copy().intersect(requested) : new Region();
  for (const { rectangle } of parts.now) dirtyNow.subtract(rectangle);
  const refreshed = cutOnGrid(dirtyNow.rectangles()).map(rectangle => presentCell(screen, rectangle));
  const answered = refreshes ? requested : Region.of(parts.now.map(({ rectangle }) => rectangle));
  return {
    cells: [...parts.now, ...refreshed],
    refreshed: refreshed.length,
    dirty: dirtyBefore.subtract(answered).add(parts.later),
  };
}

/** The dirty areas once the viewer has performed the moves, which carry dirty pixels along. */
function moved(dirty: Region, moves: readonly Move[]): Region {
  const after = dirty.copy();
  if (after.isEmpty) return after;
  for (const move of moves) {
    const carried = after.copy().intersect(move.source).translate(move.dx, move.dy);
    after.subtract(destinationOf(move)).add(carried);
  }
  return after;
}

function lacking(
  screen: ScreenView,
  cuts: CellCuts,
  version: number,
  mayMove: boolean,
): { moves: readonly Move[]; cells: readonly Cell[] } {
  if (version >= screen.version) return { moves: [], cells: [] };
  const { journal } = screen;
  const first = journal.entries[0];
  const known =
    first !== undefined && version > 0 && version >= first.version - 1 && journal.version === screen.version;
  const entries = known ? journal.entries.slice(version - first.version + 1) : [];
  const moved = entries.some(entry => entry.moves.length > 0);
  if (known && entries.length === 1 && (mayMove || !moved)) {
    return { moves: entries[0]!.moves, cells: cuts.cellsOf(entries[0]!, screen) };
  }
  if (known && !moved) {
    const cells = commonCells(screen, cuts, entries);
    if (cells) return { moves: [], cells };
  }
  const changes = journal.changesSince(version, mayMove);
  return {
    moves: changes.moves,
    cells: cutOnGrid(changes.rectangles).map(rectangle => presentCell(screen, rectangle)),
  };
}

/**
 * The cells of several commits with their present pixels. Cells completely covered by newer ones are omitted, the
 * others are sent whole. Null if that would be much more than what changed.
 */
function commonCells(screen: ScreenView, cuts: CellCuts, entries: readonly JournalEntry[]): Cell[] | null {
  const covered = new Region();
  const cells: Cell[] = [];
  let pixels = 0;
  for (let index = entries.length - 1; index >= 0; index--) {
    for (const cell of cuts.cellsOf(entries[index]!, screen)) {
      if (Region.of([cell.rectangle]).subtract(covered).isEmpty) continue;
      cells.push(presentCell(screen, cell.rectangle));
      pixels += area(cell.rectangle);
      if (cells.length > MAX_CELLS) return null;
    }
    for (const rectangle of entries[index]!.rectangles) covered.add(rectangle);
  }
  return pixels <= covered.area * MAX_WASTE ? cells : null;
}

function clip(screen: ScreenView, cells: readonly Cell[], bounds: Rectangle): Cell[] {
  return cells.flatMap(cell => {
    if (contains(bounds, cell.rectangle)) return [cell];
    const part = intersect(bounds, cell.rectangle);
    return part ? [presentCell(screen, part)] : [];
  });
}

/** Keeps only these of the cells that refresh dirty areas (the last `plan.refreshed` ones); the others stay dirty. */
export function refreshingOnly(plan: UpdatePlan, cells: readonly Cell[]): UpdatePlan {
  const changed = plan.cells.slice(0, plan.cells.length - plan.refreshed);
  const kept = new Set(cells);
  const rest = plan.cells.slice(changed.length).filter(cell => !kept.has(cell));
  const dirty = plan.dirty.copy().add(Region.of(rest.map(({ rectangle }) => rectangle)));
  return { ...plan, cells: [...changed, ...cells], refreshed: cells.length, dirty };
}

/** The cells inside the requested region, and the remaining area. */
function split(screen: ScreenView, cells: readonly Cell[], requested: Region): { now: Cell[]; later: Region } {
  const now: Cell[] = [];
  const later = Region.of(cells.map(({ rectangle }) => rectangle)).subtract(requested);
  for (const cell of cells) {
    const inside = requested.copy().intersect(cell.rectangle);
    for (const rectangle of inside.rectangles()) {
      const whole = area(rectangle) === area(cell.rectangle);
      now.push(whole ? cell : presentCell(screen, rectangle));
    }
  }
  return { now, later };
}
