import { availableParallelism } from 'node:os';
import { type EncodedRectangle, isDone, MIN_POOLED } from '../../../codecs/encode/encode-job.js';
import { type EncodeProfile, losslessProfile } from '../../../codecs/encode/encode-profile.js';
import { area, type Rectangle } from '../../../core/rectangle.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { MAX_CAPTURE_MS, MEDIUM_CELL, MIN_WRITE_BYTES, POOLED_PIXELS, STREAMED_PIXELS } from '../tuning.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import { type Cell, presentCell } from './cells.js';
import type { CachedRectangle, EncodeCache } from './encode-cache.js';
import type { UpdatePlan } from './update-plan.js';

/** An update that is being encoded. */
export interface PendingUpdate {
  /** Its first rectangles have been written: it cannot be dropped any more. */
  readonly begun: boolean;
  /** The viewer wants it encoded in another way by now: it will not be written. */
  stale: boolean;
  /** Of the profile that it is encoded with. */
  readonly key: string;
  /** Of the screen that it shows. */
  readonly version: number;
  /** When it is time to capture the next picture, so that it is there when this one has left. */
  readonly overlapFrom: number;
  /** Encoded in slices: how long that took without the time for others in between, in milliseconds. */
  slicedMs: number;
  /** Encoded in slices: some of it shows a later version. */
  mixed: boolean;
}

export interface EncodeTask {
  readonly cell: Cell;
  readonly profile: EncodeProfile;
}

/** What is made good goes first: what changed meanwhile may lie over it, and may be lossy again. */
export function tasksOf(
  plan: UpdatePlan | null,
  refined: readonly Rectangle[],
  screen: ScreenView,
  profile: EncodeProfile,
): EncodeTask[] {
  const exact = losslessProfile(profile);
  const refinements = refined.map(rectangle => ({ cell: presentCell(screen, rectangle), profile: exact }));
  return [...refinements, ...(plan?.cells ?? []).map(cell => ({ cell, profile }))];
}

/** How much there is to encode: pixels of the tasks that nobody has encoded yet, and what that much is worth. */
export function measureWork(tasks: readonly EncodeTask[], screen: ScreenView, cache: EncodeCache) {
  let fresh = 0;
  for (const { cell, profile } of tasks) if (!cache.has(screen, cell, profile)) fresh += area(cell.rectangle);
  return { fresh, pooled: fresh >= POOLED_PIXELS, large: fresh >= STREAMED_PIXELS };
}

/**
 * Of cells to refresh those that cost nothing, since they were encoded for somebody already, and as many of the others as
 * one piece may hold: at least one.
 */
export function nextPiece(
  cells: readonly Cell[],
  screen: ScreenView,
  profile: EncodeProfile,
  cache: EncodeCache,
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

type Encoding = ReturnType<EncodeCache['encode']>;

/** Slices have as many cells under way as there are processors for them. */
const LANES = availableParallelism();
const HIGHEST_LEVEL = 9;

/** The cells in parts that take no longer to encode than a slice may, but for those that somebody has encoded already. */
export function cutForSlices(
  cells: readonly Cell[],
  screen: ScreenView,
  profile: EncodeProfile,
  cache: EncodeCache,
): readonly Cell[] {
  const { deflates, level, jpeg } = profile;
  const slow = deflates && level >= HIGHEST_LEVEL;
  // Photographs are soon encoded, and gain from being whole.
  if (jpeg && !slow) return cells;
  const rows = slow ? VIEWER_LIMITS.refreshSlowRows : MEDIUM_CELL.height;
  return cells.flatMap(cell => {
    const parts = partsOf(cell.rectangle, rows);
    if (parts.length === 1 || cache.has(screen, cell, profile)) return [cell];
    return parts.map(rectangle => presentCell(screen, rectangle));
  });
}

/** The same for tasks. */
export function cutTasks(tasks: readonly EncodeTask[], screen: ScreenView, cache: EncodeCache): EncodeTask[] {
  return tasks.flatMap(({ cell, profile }) =>
    cutForSlices([cell], screen, profile, cache).map(part => ({ cell: part, profile })),
  );
}

/** So many rows each, and more where it is narrow: enough for the thread pool, so that nothing waits for this thread. */
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
 * Encodes the first of the tasks as the screen is by now, as many as are begun in time: at least one.
 * @param mayContinue asked before each but the first
 * @returns the rectangles, and how many of their pixels nobody had encoded yet
 */
export async function encodeSlice(
  tasks: readonly EncodeTask[],
  screen: ScreenView,
  cache: EncodeCache,
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

/** Begins to encode all tasks. */
export function encodeAll(tasks: readonly EncodeTask[], screen: ScreenView, cache: EncodeCache, pooled: boolean) {
  const results: Encoding[] = [];
  for (const { cell, profile } of tasks) results.push(cache.encode(screen, cell, profile, pooled));
  return results;
}

/**
 * As `encodeAll`, for an update that is written while it is encoded.
 * @param write gets what is encoded at once, before the next is begun, as long as nothing has to be waited for
 * @returns the rest
 */
export function encodeStreamed(
  tasks: readonly EncodeTask[],
  screen: ScreenView,
  cache: EncodeCache,
  write: (rectangles: readonly EncodedRectangle[]) => void,
): Encoding[] {
  const rest: Encoding[] = [];
  let ready: CachedRectangle[] = [];
  let bytes = 0;
  for (const { cell, profile } of tasks) {
    const result = cache.encode(screen, cell, profile, true);
    if (rest.length > 0 || !isDone(result)) {
      rest.push(result);
      continue;
    }
    ready.push(result);
    bytes += result.bytes.length;
    if (bytes < MIN_WRITE_BYTES) continue;
    write(ready);
    ready = [];
    bytes = 0;
  }
  // The first failure ends the share; without this a second one would end the process.
  void Promise.allSettled(rest);
  return [...ready, ...rest];
}

/**
 * How long an update was worked on, from its capture on; null where it shows nothing new or nothing was encoded.
 * @param began when its encoding began
 */
export function workMs(now: number, capturedAt: number | null, began: number | null): number | null {
  // A picture that was captured for somebody else may have lain here for a while: that is no work.
  return capturedAt === null || began === null ? null : now - Math.max(capturedAt, began - MAX_CAPTURE_MS);
}

/** Rectangles in the task in which they were ordered, as soon as they are encoded; what is there at once comes together. */
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
