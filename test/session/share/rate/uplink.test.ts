import { describe, expect, it } from 'vitest';
import { SendAllowance } from '../../../../source/session/share/rate/send-allowance.js';
import { fairShares, Uplink, type UplinkUser } from '../../../../source/session/share/rate/uplink.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const ALL = Number.POSITIVE_INFINITY;

describe('fair shares', () => {
  it('are equal for those that want all', () => {
    expect(fairShares(90, [ALL, ALL, ALL])).toEqual([30, 30, 30]);
  });

  it('give the modest what they want, and the others the rest', () => {
    expect(fairShares(100, [ALL, 10, ALL, 20])).toEqual([35, 10, 35, 20]);
  });

  it('never come to more than the total, nor to less', () => {
    for (const demands of [[5, 5], [ALL], [0, 0, ALL], [40, 70, 1], [200, 300]]) {
      expect(fairShares(100, demands).reduce((sum, each) => sum + each, 0)).toBeCloseTo(100);
    }
  });

  it('have room for nobody', () => {
    expect(fairShares(100, [])).toEqual([]);
  });
});

class User implements UplinkUser {
  fixedRate = 0;
  demand = ALL;
  granted: number | null = null;

  grant(rate: number | null): void {
    this.granted = rate;
  }
}

describe('an uplink', () => {
  function shared(uplink: number | null, users: User[]) {
    const clock = new FakeClock();
    const host = { clock, settings: { uplink }, watchers: users, otherRate: 0 };
    return { clock, host, uplink: new Uplink(host) };
  }

  it('leaves viewers what a broadcast does not use, and something of it in any case', () => {
    const [one, two] = [new User(), new User()];
    const { clock, host, uplink } = shared(1000, [one, two]);
    host.otherRate = 400;
    uplink.share();
    expect([one.granted, two.granted]).toEqual([300, 300]);
    host.otherRate = 2000;
    clock.advance(300);
    expect([one.granted, two.granted]).toEqual([50, 50]);
  });

  it('follows what is used, a few times a second', () => {
    const [one, two] = [new User(), new User()];
    const { clock, uplink } = shared(1000, [one, two]);
    uplink.share();
    expect([one.granted, two.granted]).toEqual([500, 500]);
    two.demand = 100;
    clock.advance(300);
    expect([one.granted, two.granted]).toEqual([900, 100]);
    two.demand = ALL;
    clock.advance(300);
    expect([one.granted, two.granted]).toEqual([500, 500]);
    uplink.stop();
    expect(clock.pending).toBe(0);
  });

  it('leaves nobody without a share because it used nothing', () => {
    const [one, stuck] = [new User(), new User()];
    stuck.demand = 0;
    const { uplink } = shared(1000, [one, stuck]);
    uplink.share();
    expect([one.granted, stuck.granted]).toEqual([950, 50]);
    uplink.stop();
  });

  it('leaves to viewers that cannot be told what they use', () => {
    const [one, classic] = [new User(), new User()];
    classic.fixedRate = 300;
    const { uplink } = shared(1000, [one, classic]);
    uplink.share();
    expect([one.granted, classic.granted]).toEqual([700, null]);
    uplink.stop();
  });

  it('ends its limits with it, and costs nothing then', () => {
    const one = new User();
    const { clock, host, uplink } = shared(1000, [one]);
    uplink.share();
    host.settings.uplink = null;
    uplink.share();
    expect(one.granted).toBeNull();
    expect(clock.pending).toBe(0);
  });
});

describe('an allowance', () => {
  it('keeps to its rate on average, headers included, whatever the sizes', () => {
    const allowance = new SendAllowance();
    const rate = 1_000_000;
    let [now, sent] = [0, 0];
    while (now < 10_000) {
      const wait = allowance.waitMs(rate, now);
      if (wait > 0) {
        now += wait;
        continue;
      }
      const bytes = 500 + ((now * 7919) % 60_000);
      allowance.spent(bytes, rate, now);
      sent += bytes;
    }
    expect(sent / 10).toBeLessThan(rate);
    expect(sent / 10).toBeGreaterThan(rate * 0.93);
  });

  it('lets what was sent at a low rate be paid at a higher one', () => {
    const allowance = new SendAllowance();
    allowance.spent(50_000, 1000, 0);
    expect(allowance.waitMs(1000, 10)).toBeGreaterThan(40_000);
    expect(allowance.waitMs(1_000_000, 10)).toBeLessThan(60);
    // Without a limit there is nothing to pay.
    allowance.spent(50_000, null, 20);
    expect(allowance.waitMs(1000, 20)).toBe(0);
  });

  it('saves up no more than a moment', () => {
    const allowance = new SendAllowance();
    allowance.spent(1000, 100_000, 0);
    // After a long pause a tenth of a second's worth already has to be waited for.
    allowance.spent(10_000, 100_000, 60_000);
    expect(allowance.waitMs(100_000, 60_000)).toBeGreaterThan(40);
    expect(allowance.waitMs(null, 60_000)).toBe(0);
  });
});
