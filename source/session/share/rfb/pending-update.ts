import { availableParallelism } from 'node:os';
import { type EncodedRectangle, isDone, MIN_POOLED } from '../../../codecs/encode/encode-job.js';
import { type EncodeProfile, losslessProfile } from '../../../codecs/encode/encode-profile.js';
import { pictureEvent } from '../../../core/picture-events.js';
import { area, type Rectangle, sameRectangle } from '../../../core/rectangle.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { MAX_CAPTURE_MS, MEDIUM_CELL, MIN_WRITE_BYTES, POOLED_PIXELS, STREAMED_PIXELS } from '../tuning.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import { type Cell, presentCell } from './cells.js';
import type { CachedRectangle, CellEncoder } from './encode-cache.js';
import type { UpdatePlan } from './update-plan.js';

/** An update that is being encoded. */
export interface PendingUpdate {
  /** Its first rectangles are being written as they are encoded: it can no longer be dropped. */
  readonly begun: boolean;
  /** The viewer's profile has changed: it will not be written. */
  stale: boolean;
  /** The key of its encode profile. */
  readonly key: string;
  /** The version of the screen that it shows. */
  readonly version: number;
  /** When to capture the next picture, so that it is ready once this one has left. */
  readonly overlapFrom: number;
  /** Encoded in slices: its encoding time in ms, without the time of others in between. */
  slicedMs: number;
  /** Encoded in slices: parts of it show a later version. */
  mixed: boolean;
}

/** An update whose encoding begins. */
export function pendingUpdate(begun: boolean, key: string, version: number, overlapFrom: number): PendingUpdate {
  return { begun, stale: false, key, version, overlapFrom, slicedMs: 0, mixed: false };
}

export interface EncodeTask {
  readonly cell: Cell;
  readonly profile: EncodeProfile;
}

/** What a slice encoded of a screen, just now. */
export interface EncodedSlice {
  readonly screen: ScreenView;
  readonly tasks: readonly EncodeTask[];
}

/** Refinements go first: changes may cover them, and may be lossy again. */
export function tasksOf(
  plan: UpdatePlan | null,
  refined: readonly Rectangle[],
  screen: ScreenView,
  profile: EncodeProfile,
): EncodeTask[] {
  const changes = plan ? plan.cells.map(cell => ({ cell, profile })) : [];
  if (refined.length === 0) return changes;
  const exact = losslessProfile(profile);
  const refinements = refined.map(rectangle => ({ cell: presentCell(screen, rectangle), profile: exact }));
  return [...refinements, ...changes];
}

/** The pixels of the tasks that are not encoded yet, and how such an amount is encoded. */
export function measureWork(tasks: readonly EncodeTask[], screen: ScreenView, cache: CellEncoder) {
  let fresh = 0;
  for (const { cell, profile } of tasks) if (!cache.has(screen, cell, profile)) fresh += area(cell.rectangle);
  return { fresh, pooled: fresh >= POOLED_PIXELS, large: fresh >= STREAMED_PIXELS };
}

/**
 * The refresh cells of one piece: all that are cached, which cost nothing, and as many others as a piece may contain,
 * at least one.
 */
export function nextPiece(
  cells: readonly Cell[],
  screen: ScreenView,
  profile: EncodeProfile,
  cache: CellEncoder,
  maxPixels: number,
): Cell[] {
  let fresh = 0;
  return cells.filter(cell => {
    if (cache.has(screen, cell, profile)) return true;
    if (fresh > 0 && fresh + area(cell.rectangle) > maxPixels) return false;
    fresh += area(cell.rectangle);
    return true;
  });
}

type Encoding = ReturnType<CellEncoder['encode']>;

/** A slice encodes as many cells in parallel as there are processors. */
const LANES = availableParallelism();
const HIGHEST_LEVEL = 9;

/** Cuts cells into parts that encode within a slice, except cached ones. */
export function cutForSlices(
  cells: readonly Cell[],
  screen: ScreenView,
  profile: EncodeProfile,
  cache: CellEncoder,
): readonly Cell[] {
  const { deflates, level, jpeg } = profile;
  const slow = deflates && level >= HIGHEST_LEVEL;
  // Photographs encode fast, and are smaller in one piece.
  if (jpeg && !slow) return cells;
  const rows = slow ? VIEWER_LIMITS.refreshSlowRows : MEDIUM_CELL.height;
  return cells.flatMap(cell => {
    const parts = partsOf(cell.rectangle, rows);
    if (parts.length === 1 || cache.has(screen, cell, profile)) return [cell];
    return parts.map(rectangle => presentCell(screen, rectangle));
  });
}

/** The same for tasks. */
export function cutTasks(tasks: readonly EncodeTask[], screen: ScreenView, cache: CellEncoder): EncodeTask[] {
  return tasks.flatMap(({ cell, profile }) =>
    cutForSlices([cell], screen, profile, cache).map(part => ({ cell: part, profile })),
  );
}

/**
 * Parts of this many rows, more if they are narrow: large enough for the thread pool, so that nothing waits for this
 * thread.
 */
function partsOf({ x, y, width, height }: Rectangle, minRows: number): Rectangle[] {
  const parts: Rectangle[] = [];
  const columns = Math.ceil(width / MEDIUM_CELL.width);
  const rows = Math.max(minRows, Math.ceil((MIN_POOLED * columns) / width));
  for (let top = 0; top < height; top += rows) {
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((width * column) / columns);
      const right = Math.floor((width * (column + 1)) / columns);
      parts.push({ x: x + left, y: y + top, width: right - left, height: Math.min(rows, height - top) });
    }
  }
  return parts;
}

/**
 * Encodes the first tasks with the present pixels, as many as can be begun in time, at least one.
 * @param mayContinue called before each but the first
 * @returns the rectangles, and the number of their pixels that were not cached
 */
export async function encodeSlice(
  tasks: readonly EncodeTask[],
  screen: ScreenView,
  cache: CellEncoder,
  mayContinue: () => boolean,
): Promise<{ readonly rectangles: EncodedRectangle[]; readonly fresh: number }> {
  const results: Encoding[] = [];
  let fresh = 0;
  const lane = async () => {
    while (results.length === 0 || mayContinue()) {
      const task = tasks[results.length];
      if (!task) return;
      const { profile } = task;
      const cell = presentCell(screen, task.cell.rectangle);
      if (!cache.has(screen, cell, profile)) fresh += area(cell.rectangle);
      const result = cache.encode(screen, cell, profile, true);
      results.push(result);
      if (!isDone(result)) await result;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { rectangles: await Promise.all(results), fresh };
}

/** Those of the tasks whose present pixels a slice has just encoded. */
export function tasksIn(slice: EncodedSlice, tasks: readonly EncodeTask[], screen: ScreenView): EncodeTask[] {
  if (slice.screen !== screen) return [];
  return tasks.filter(task =>
    slice.tasks.some(
      ({ cell, profile }) => profile.key === task.profile.key && sameRectangle(cell.rectangle, task.cell.rectangle),
    ),
  );
}

/** Begins to encode all tasks. */
export function encodeAll(tasks: readonly EncodeTask[], screen: ScreenView, cache: CellEncoder, pooled: boolean) {
  pictureEvent('encode', screen.version);
  cache.foresee(screen, tasks);
  const results: Encoding[] = [];
  for (const { cell, profile } of tasks) results.push(cache.encode(screen, cell, profile, pooled));
  return results;
}

/** What an update that is written while it is encoded asks of its viewer. */
export interface StreamedHost {
  /** Receives rectangles that are available at once, before the next one is begun, until the first that is not. */
  write(rectangles: readonly EncodedRectangle[]): void;
  /** Asked before each rectangle: resolves when the next capture has had its turn; null: it needs none. */
  giveWay(): Promise<void> | null;
  /** Whether to go on after that. */
  readonly wanted: boolean;
}

/**
 * As `encodeAll`, for an update that is written while it is encoded.
 * @returns the rest
 */
export async function encodeStreamed(
  tasks: readonly EncodeTask[],
  screen: ScreenView,
  cache: CellEncoder,
  host: StreamedHost,
): Promise<Encoding[]> {
  pictureEvent('encode', screen.version);
  cache.foresee(screen, tasks);
  const rest: Encoding[] = [];
  let ready: CachedRectangle[] = [];
  let bytes = 0;
  for (const { cell, profile } of tasks) {
    const turn = host.giveWay();
    if (turn) {
      // What the next capture brings must not be committed under the rectangles that are still to be encoded.
      const release = screen.framebuffer.hold();
      try {
        await turn;
      } finally {
        release();
      }
      if (!host.wanted) {
        cache.forgetForeseen();
        break;
      }
    }
    const result = cache.encode(screen, cell, profile, true);
    if (rest.length > 0 || !isDone(result)) {
      rest.push(result);
      continue;
    }
    ready.push(result);
    bytes += result.bytes.length;
    if (bytes < MIN_WRITE_BYTES) continue;
    host.write(ready);
    ready = [];
    bytes = 0;
  }
  // The first failure ends the share; an unhandled second one would end the process.
  void Promise.allSettled(rest);
  return [...ready, ...rest];
}

/**
 * The time spent on an update since its capture; null if it shows nothing new or nothing was encoded.
 * @param began when its encoding began
 */
export function workMs(now: number, capturedAt: number | null, began: number | null): number | null {
  // A picture captured for another viewer may have waited here for a while, which is not work.
  return capturedAt === null || began === null ? null : now - Math.max(capturedAt, began - MAX_CAPTURE_MS);
}

/** Yields rectangles in the order of their tasks as soon as they are encoded; those available at once come together. */
export async function* inOrder(
  results: readonly (EncodedRectangle | Promise<EncodedRectangle>)[],
): AsyncGenerator<readonly EncodedRectangle[]> {
  let ready: EncodedRectangle[] = [];
  for (const [index, result] of results.entries()) {
    ready.push(await result);
    const next = results[index + 1];
    if (next && isDone(next)) continue;
    yield ready;
    ready = [];
  }
}
