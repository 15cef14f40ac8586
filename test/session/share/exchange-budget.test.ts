import { describe, expect, it } from 'vitest';
import { ExchangeBudget } from '../../../source/session/share/rfb/exchange-budget.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const { exchangesMs, exchangesShare, exchangesAllMs } = VIEWER_LIMITS;
const EACH = 4;

function setUp() {
  const clock = new FakeClock();
  const budget = new ExchangeBudget(clock);
  const exchange = () => {
    clock.advance(EACH);
    return 'done';
  };
  /** How many of so many exchanges are done. */
  const done = (key: string, times: number) =>
    Array.from({ length: times }, () => budget.run(key, exchange)).filter(result => result === 'done').length;
  return { clock, done };
}

describe('time for key exchanges', () => {
  it('is enough for a class behind one router', () => {
    expect(setUp().done('a', 112)).toBe(112);
  });

  it('runs out for a machine that never stops, and not for another one', () => {
    const { clock, done } = setUp();
    const first = done('a', 1000);
    expect(first).toBeLessThan((exchangesMs / EACH) * 1.3);
    expect(done('b', 1)).toBe(1);
    clock.advance(10_000);
    expect(done('a', 1000)).toBeLessThanOrEqual(Math.ceil((10_000 * exchangesShare) / EACH) * 1.3);
  });

  it('runs out for many machines together', () => {
    const { done } = setUp();
    const all = Array.from({ length: 2000 }, (_, index) => done(`machine ${index}`, 1)).filter(Boolean).length;
    expect(all).toBeGreaterThan(exchangesAllMs / EACH - 1);
    expect(all).toBeLessThan((exchangesAllMs / EACH) * 1.5);
  });
});
