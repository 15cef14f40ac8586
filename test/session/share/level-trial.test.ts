import { describe, expect, it } from 'vitest';
import { chooseProfile } from '../../../source/codecs/encode/encode-profile.js';
import { WirePixels } from '../../../source/codecs/encode/wire-pixels.js';
import { BGRX } from '../../../source/core/pixel-format.js';
import { area, contains, type Rectangle } from '../../../source/core/rectangle.js';
import type { ScreenView } from '../../../source/pixels/screen.js';
import { LevelProbe } from '../../../source/session/share/level-probe.js';
import { tryLevels } from '../../../source/session/share/rfb/level-trial.js';
import { FakeClock } from '../../helpers/fake-clock.js';

/** What is encoded for a trial of these cells. */
function tried(...cells: Rectangle[]): Rectangle[] {
  const clock = new FakeClock();
  const measured: Rectangle[] = [];
  const measure = (_screen: ScreenView, { rectangle }: { readonly rectangle: Rectangle }) => {
    measured.push(rectangle);
    clock.advance(1);
    return 1000;
  };
  const profile = chooseProfile([7], new WirePixels(BGRX), 2, null, { jpeg: null });
  const probe = new LevelProbe(clock);
  const screen = null as never;
  tryLevels(
    probe,
    { measure },
    clock,
    screen,
    cells.map(rectangle => ({ rectangle, version: 1 })),
    profile,
  );
  expect(probe.costs.length > 0).toBe(measured.length > 0);
  return measured;
}

describe('a trial of other levels', () => {
  it('encodes so little that nobody waits for it, out of the largest cell whatever its size', () => {
    const small = { x: 0, y: 0, width: 64, height: 64 };
    for (const large of [
      { x: 10, y: 20, width: 256, height: 128 },
      { x: 0, y: 40, width: 256, height: 256 },
      { x: 0, y: 0, width: 9000, height: 300 },
    ]) {
      const [part, ...others] = tried(small, large);
      expect(contains(large, part!)).toBe(true);
      expect(area(part!)).toBeLessThanOrEqual(Math.max(8192, large.width));
      expect(new Set(others)).toEqual(new Set([part]));
    }
  });

  it('encodes all of a small cell, and nothing where there is none', () => {
    const small = { x: 3, y: 4, width: 64, height: 64 };
    expect(tried(small)[0]).toEqual(small);
    expect(tried()).toEqual([]);
  });
});
