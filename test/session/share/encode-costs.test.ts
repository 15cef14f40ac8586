import { describe, expect, it } from 'vitest';
import { chooseProfile } from '../../../source/codecs/encode/encode-profile.js';
import { WirePixels } from '../../../source/codecs/encode/wire-pixels.js';
import { BGRX } from '../../../source/core/pixel-format.js';
import { nodeCompressors } from '../../../source/node/compressors.js';
import { EncodeCosts } from '../../../source/session/share/rfb/encode-costs.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import type { ShareHost } from '../../../source/session/share/viewer-session.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const PIXELS = 500_000;
const LEVELS = [0, 1, 2, 4, 6, 9];
const at = (level: number, { encoding = 6, shift = 0 } = {}) =>
  chooseProfile([encoding], new WirePixels({ ...BGRX, redShift: shift }), level, null, nodeCompressors);

function costsOf(watching: number) {
  const clock = new FakeClock();
  const host = { clock, settings: { fps: 60, level: 2 }, watchers: { length: watching } };
  return { clock, costs: new EncodeCosts(host as unknown as ShareHost) };
}

describe('the costs of profiles', () => {
  it('serve nobody separately who is alone or among viewers alike', () => {
    for (const count of [1, 30]) {
      const { costs } = costsOf(count);
      for (let viewer = 0; viewer < count; viewer++) costs.serve(at(9), 'a');
      costs.measured(at(9), PIXELS, 1000);
      expect(costs.servedApart(at(9), PIXELS)).toBe(false);
    }
  });

  it('serve separately whoever costs much more than another, or than a classic viewer, but not for a few pixels', () => {
    const { costs } = costsOf(2);
    costs.serve(at(9), 'a');
    expect(costs.servedApart(at(9), PIXELS)).toBe(true);
    expect(costs.servedApart(at(9), 400)).toBe(false);
    costs.serve(at(1), 'b');
    expect([costs.servedApart(at(9), PIXELS), costs.servedApart(at(1), PIXELS)]).toEqual([true, false]);
  });

  it('are divided among the machines that use a profile; further connections of one count little', () => {
    const { costs } = costsOf(31);
    const ends = [costs.serve(at(1), 'a')];
    for (let viewer = 0; viewer < 30; viewer++) ends.push(costs.serve(at(9), 'b'));
    expect(costs.servedApart(at(9), PIXELS)).toBe(true);
    for (let viewer = 0; viewer < 30; viewer++) ends.push(costs.serve(at(9), `c${viewer}`));
    expect(costs.servedApart(at(9), PIXELS)).toBe(false);
    for (const end of ends.slice(31)) end();
    expect(costs.servedApart(at(9), PIXELS)).toBe(true);
  });

  it('keep a class behind one address together, at an ordinary level', () => {
    const { costs } = costsOf(31);
    costs.serve(at(1), 'a');
    costs.serve(at(6), 'b');
    expect(costs.servedApart(at(6), PIXELS)).toBe(true);
    for (let viewer = 1; viewer < 30; viewer++) costs.serve(at(6), 'b');
    expect(costs.servedApart(at(6), PIXELS)).toBe(false);
  });

  it('allow as many equal profiles together as fit in a frame, or in twice the time of one of them', () => {
    const { costs } = costsOf(9);
    const profiles = [0, 8, 16].flatMap(shift => [6, 7, 16].map(encoding => at(4, { encoding, shift })));
    for (const profile of profiles) costs.serve(profile, 'a');
    expect(profiles.filter(profile => !costs.servedApart(profile, PIXELS))).toHaveLength(3);
    expect(profiles.filter(profile => !costs.servedApart(profile, 10_000))).toHaveLength(9);
  });

  it('follow the measurements, downwards slowly, without switching back and forth', () => {
    const { clock, costs } = costsOf(2);
    costs.serve(at(1), 'a');
    costs.serve(at(6), 'b');
    const switches: boolean[] = [];
    for (let round = 0; round < 400; round++) {
      clock.advance(100);
      costs.measured(at(1), PIXELS, 20);
      costs.measured(at(6), PIXELS, 21 + (round % 2) * 4);
      const apart = costs.servedApart(at(6), PIXELS);
      if (apart !== switches.at(-1)) switches.push(apart);
    }
    expect(switches).toEqual([true, false]);
    // As cheap content as there is, for a moment.
    for (let round = 0; round < 20; round++) costs.measured(at(6), PIXELS, 500);
    for (let round = 0; round < 20; round++) {
      costs.measured(at(6), PIXELS, 1);
      clock.advance(100);
    }
    expect(costs.servedApart(at(6), PIXELS)).toBe(true);
  });

  it('are remembered for a limited number of profiles, and guessed by level for the others', () => {
    const { costs } = costsOf(2);
    costs.serve(at(1), 'a');
    for (let round = 0; round < VIEWER_LIMITS.costs * 3; round++) {
      const profile = at(LEVELS[round % LEVELS.length]!, { encoding: round % 2 ? 6 : 7, shift: round % 24 });
      const end = costs.serve(profile, 'b');
      expect([profile.key, costs.servedApart(profile, PIXELS)]).toEqual([profile.key, profile.level > 4]);
      end();
      costs.measured(profile, PIXELS, 1);
    }
  });
});
