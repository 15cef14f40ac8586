import { describe, expect, it } from 'vitest';
import { AgeMeter } from '../../../../source/session/watch/broadcast/age-meter.js';

/** The sharer's clock is another one. */
const AHEAD = 1_700_000_000_000;

/** A reader that waits for each message, which comes so many milliseconds after it was sent. */
function live(meter: AgeMeter, from: number, delays: readonly number[]): (number | null)[] {
  return delays.map((delay, index) => {
    const now = from + index * 100 + delay;
    meter.waited(now, 90);
    return meter.arrived(now, AHEAD + from + index * 100);
  });
}

describe('the age of a picture', () => {
  it('is not known before the reader has waited for something new', () => {
    const meter = new AgeMeter();
    meter.begin();
    meter.waited(0, 500);
    // History, all at once.
    for (let age = 9000; age > 0; age -= 100) expect(meter.arrived(10, AHEAD - age)).toBeNull();
    expect([meter.live, meter.percentiles(10)]).toEqual([false, null]);
    expect(live(meter, 100, [20, 20, 20, 20]).at(-1)).toBe(0);
    expect(meter.live).toBe(true);
  });

  it('is over the best, whatever the clocks say', () => {
    const meter = new AgeMeter();
    live(meter, 0, [30, 30, 30, 30]);
    expect(live(meter, 1000, [35, 30, 80, 20, 30])).toEqual([5, 0, 50, 0, 10]);
    expect(meter.percentiles(1500)).toEqual({ p50: 0, p95: 50 });
    expect(meter.percentiles(9000)).toBeNull();
  });

  it('is known at once where a reader begins again and is as fresh as before', () => {
    const meter = new AgeMeter();
    live(meter, 0, [30, 30, 30, 30]);
    meter.begin();
    expect(meter.arrived(5000, AHEAD + 1000)).toBeNull();
    expect(meter.arrived(5001, AHEAD + 4931)).toBe(40);
  });

  it('follows clocks that drift apart', () => {
    const meter = new AgeMeter();
    live(meter, 0, [30, 30, 30, 30]);
    const drifted = (minutes: number) => live(meter, minutes * 60_000, [30 + minutes, 30 + minutes]).at(-1);
    for (let minutes = 1; minutes < 60; minutes++) expect(drifted(minutes)).toBeLessThanOrEqual(11);
  });
});
