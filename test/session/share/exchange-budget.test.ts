import { describe, expect, it } from 'vitest';
import { ExchangeBudget } from '../../../source/session/share/rfb/exchange-budget.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const { exchangesMs, exchangesShare, exchangesAllMs, exchangesReservedMs, exchangesReservedShare } = VIEWER_LIMITS;
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
  return { clock, budget, done };
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

  it('is left for a machine that was let in, when strangers with many addresses have used it up', () => {
    const { clock, budget, done } = setUp();
    budget.letIn('friend');
    const strangers = () => done(`stranger ${clock.now()}`, 1);
    while (strangers() > 0);
    expect(done('newcomer', 1)).toBe(0);
    const first = done('friend', 1000);
    expect(first).toBeGreaterThanOrEqual(exchangesReservedMs / EACH);
    expect(first).toBeLessThan((exchangesReservedMs / EACH) * 1.5);
    // They go on, and take whatever there is for them.
    const ended = clock.now() + 10_000;
    let friendly = 0;
    while (clock.now() < ended) {
      while (strangers() > 0);
      friendly += done('friend', 1);
      clock.advance(100);
    }
    expect(friendly).toBeGreaterThanOrEqual((10_000 * exchangesReservedShare) / EACH / 2);
  });

  it('is spent by handshakes of TLS, too', () => {
    const { budget, done } = setUp();
    let handshakes = 0;
    while (budget.mayHandshake('a')) handshakes++;
    expect(handshakes).toBe(Math.ceil(exchangesMs / VIEWER_LIMITS.handshakeOfTlsMs));
    expect([done('a', 1), done('b', 1)]).toEqual([0, 1]);
  });

  it('is the usual one for whoever was let in, as long as there is some', () => {
    const { budget, done } = setUp();
    budget.letIn('friend');
    expect(done('friend', 1000)).toBeLessThan((exchangesMs / EACH) * 1.3);
  });
});
