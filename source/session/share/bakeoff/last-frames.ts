import type { Clock } from '../../../core/clock.js';
import { area, type Rectangle, type Size } from '../../../core/rectangle.js';
import { unixTime } from '../../../node/clock.js';
import { destinationOf, type JournalEntry } from '../../../pixels/journal.js';
import { Region } from '../../../pixels/region.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { BakeoffFrames } from '../../bakeoff.js';
import { type CellCuts, cutEvenly, cutOnGrid } from '../rfb/cells.js';

/** A commit as sent to a viewer that had the previous one. */
export interface LastFrame {
  /** The encoded cells. */
  readonly cells: readonly Rectangle[];
  /** Areas that the viewer moved by CopyRect. */
  readonly moves: readonly Size[];
  /** The time of capture, on the share's clock. */
  readonly time: number;
}

/** The maximum number of frames, and approximately of pixels: a cell that occurs in several frames counts once. */
const MAX_FRAMES = 10;
export const MAX_PIXELS = 1_200_000;

const keyOf = ({ x, y, width, height }: Rectangle) => `${x} ${y} ${width} ${height}`;

/**
 * The last frames, newest first; the whole picture if nothing has changed since the first one.
 * @param cuts how commits are cut into cells
 * @param moves whether the viewer supports CopyRect
 */
export function lastFrames(
  screen: ScreenView,
  cuts: CellCuts,
  moves: boolean,
): { frames: readonly LastFrame[]; whole: boolean } {
  const { entries, start } = screen.journal;
  const frames: LastFrame[] = [];
  const seen = new Set<string>();
  let pixels = 0;
  for (const entry of entries.toReversed()) {
    // The first picture is not a change.
    if (entry.version === start + 1) break;
    const cells = cellsIn(entry, screen, cuts, moves);
    for (const cell of cells) {
      if (!seen.has(keyOf(cell))) pixels += area(cell);
      seen.add(keyOf(cell));
    }
    if (frames.length > 0 && pixels > MAX_PIXELS) break;
    frames.push({ cells, moves: moves ? entry.moves.map(({ source }) => source) : [], time: entry.time });
    if (frames.length === MAX_FRAMES) break;
  }
  if (frames.length > 0) return { frames, whole: false };
  const time = entries.at(-1)?.time ?? 0;
  return { frames: [{ cells: cutEvenly(screen.framebuffer.bounds), moves: [], time }], whole: true };
}

function cellsIn(entry: JournalEntry, screen: ScreenView, cuts: CellCuts, moves: boolean): Rectangle[] {
  if (moves || entry.moves.length === 0) return cuts.cellsOf(entry, screen).map(({ rectangle }) => rectangle);
  return cutOnGrid(Region.of([...entry.moves.map(destinationOf), ...entry.rectangles]).rectangles());
}

export function pixelsOf({ cells, moves }: LastFrame): number {
  return [...cells, ...moves].reduce((sum, each) => sum + area(each), 0);
}

/**
 * A description of the frames for the report.
 * @param part the fraction that is encoded
 */
export function aboutFrames(
  { frames, whole }: { readonly frames: readonly LastFrame[]; readonly whole: boolean },
  part: number,
  clock: Clock,
): BakeoffFrames {
  const unix = (time: number) => unixTime() - (clock.now() - time);
  const pixels = frames.reduce((sum, frame) => sum + pixelsOf(frame), 0) / frames.length;
  return { count: frames.length, whole, pixels, from: unix(frames.at(-1)!.time), to: unix(frames[0]!.time), part };
}
