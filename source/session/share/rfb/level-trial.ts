import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { DISTINCT_LEVELS } from '../../../codecs/encode/levels.js';
import type { Clock } from '../../../core/clock.js';
import { area } from '../../../core/rectangle.js';
import type { ScreenView } from '../../../pixels/screen.js';
import type { LevelProbe, LevelSample } from '../level-probe.js';
import type { Cell } from './cells.js';
import type { EncodeCache } from './encode-cache.js';

/** A cell that takes longer at all levels together would be felt. */
const MOST_PIXELS = 32_768;

/** Encodes one cell of what is about to be sent at every level, to say what another one would cost. */
export function tryLevels(
  probe: LevelProbe,
  cache: EncodeCache,
  clock: Clock,
  screen: ScreenView,
  cells: readonly Cell[],
  profile: EncodeProfile,
): void {
  const fitting = cells.filter(({ rectangle }) => area(rectangle) <= MOST_PIXELS);
  const cell = fitting.reduce<Cell | null>(
    (largest, each) => (!largest || area(each.rectangle) > area(largest.rectangle) ? each : largest),
    null,
  );
  if (!cell) return;
  const samples: LevelSample[] = [];
  for (const { level } of DISTINCT_LEVELS) {
    const began = clock.now();
    const bytes = cache.measure(screen, cell, { ...profile, level });
    if (bytes === null) return;
    samples.push({ level, ms: clock.now() - began, bytes });
  }
  probe.measured(profile.level, samples);
}
