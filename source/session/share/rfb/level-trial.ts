import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { DISTINCT_LEVELS } from '../../../codecs/encode/levels.js';
import type { Clock } from '../../../core/clock.js';
import { area, type Rectangle } from '../../../core/rectangle.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { LevelProbe, LevelSample } from '../level-probe.js';
import type { Cell } from './cells.js';
import type { EncodeCache } from './encode-cache.js';

/**
 * All levels together take some milliseconds for this many pixels, and nothing else is done meanwhile. With some
 * contents the highest level alone takes 15 ms, and 60 ms for four times as many pixels.
 */
const MAX_PIXELS = 8192;

/** Encodes some rows of a pending update at every level, to find out the cost of another one. */
export function tryLevels(
  probe: LevelProbe,
  cache: Pick<EncodeCache, 'measure'>,
  clock: Clock,
  screen: ScreenView,
  cells: readonly Cell[],
  profile: EncodeProfile,
): void {
  const largest = cells.reduce<Cell | null>(
    (most, each) => (!most || area(each.rectangle) > area(most.rectangle) ? each : most),
    null,
  );
  if (!largest) return;
  const cell = { ...largest, rectangle: middleRows(largest.rectangle) };
  const samples: LevelSample[] = [];
  for (const { level } of DISTINCT_LEVELS) {
    const began = clock.now();
    const bytes = cache.measure(screen, cell, { ...profile, level });
    if (bytes === null) return;
    samples.push({ level, ms: clock.now() - began, bytes });
  }
  probe.measured(profile.level, samples);
}

function middleRows({ x, y, width, height }: Rectangle): Rectangle {
  const rows = Math.min(height, Math.max(1, Math.floor(MAX_PIXELS / width)));
  return { x, y: y + ((height - rows) >> 1), width, height: rows };
}
