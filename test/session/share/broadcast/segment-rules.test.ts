import { describe, expect, test } from 'vitest';
import { SegmentRules, segmentTimes } from '../../../../source/session/share/broadcast/segment-rules.js';
import { TokenBucket } from '../../../../source/session/share/broadcast/token-bucket.js';

const MB = 1024 * 1024;

/** A segment that begins at a second, of a picture of 400 kB. */
function begun(seconds = 10): SegmentRules {
  const rules = new SegmentRules(segmentTimes(seconds));
  rules.begin(1000, 400_000);
  return rules;
}

describe('a segment ends', () => {
  test('ten seconds after it began if something has changed, which is announced a second before', () => {
    const rules = begun();
    rules.put(500);
    expect([rules.announces(9999), rules.waitMs(9999)]).toEqual([null, 1]);
    expect([rules.announces(10_000), rules.waitMs(10_000)]).toEqual([1000, 1000]);
    expect(rules.announces(10_500)).toBeNull();
    expect([rules.isDue(10_999), rules.isDue(11_000)]).toEqual([false, true]);
  });

  test('after that a second after the first change', () => {
    const rules = begun();
    expect([rules.announces(30_000), rules.waitMs(30_000)]).toEqual([null, 30_000]);
    rules.put(500);
    expect(rules.announces(30_000)).toBe(1000);
    expect([rules.isDue(30_999), rules.isDue(31_000)]).toEqual([false, true]);
  });

  test('after a minute without any change, because caches give up on what does not end', () => {
    const rules = begun();
    expect([rules.announces(59_999), rules.announces(60_000), rules.isDue(61_000)]).toEqual([null, 1000, true]);
  });

  test.each([
    ['much is a megabyte', 200_000, MB],
    ['much is three pictures', 400_000, 1_200_000],
  ])('after two seconds if much has changed: %s', (_, picture, much) => {
    const rules = begun();
    rules.begin(1000, picture);
    rules.put(much - 1);
    expect(rules.announces(3000)).toBeNull();
    rules.put(1);
    expect(rules.announces(3000)).toBe(1000);
    const other = begun();
    other.put(4 * MB);
    expect([other.announces(1999), other.waitMs(1500)]).toEqual([null, 500]);
    expect([other.announces(2000), other.isDue(3000)]).toEqual([1000, true]);
  });

  test('at once where it gets too large', () => {
    const rules = begun();
    rules.put(16 * MB);
    expect([rules.announces(1100), rules.isDue(1100)]).toEqual([0, true]);
  });

  test('at once when it is told to, also in the second before its end', () => {
    const rules = begun();
    rules.put(1);
    rules.announces(10_000);
    rules.expire(10_200);
    expect(rules.isDue(10_200)).toBe(true);
    rules.begin(10_300, 1);
    expect(rules.isDue(20_000)).toBe(false);
  });

  test('handed out whole: after a second with a change, after five without', () => {
    const rules = begun(1);
    expect(rules.times).toMatchObject({ closed: true, normalMs: 1000 });
    expect([rules.announces(5999), rules.announces(6000), rules.isDue(6000)]).toEqual([null, 0, true]);
    rules.begin(6000, 1);
    rules.put(1);
    expect([rules.announces(6999), rules.announces(7000), rules.isDue(7000)]).toEqual([null, 0, true]);
  });
});

describe('a rate is kept to', () => {
  test('with a burst of half a second', () => {
    const bucket = new TokenBucket(() => 1000, 0);
    expect([bucket.available(0), bucket.available(9000), bucket.waitMs(9000)]).toEqual([500, 500, 0]);
    bucket.spend(700, 9000);
    expect(bucket.available(9000)).toBe(-200);
    expect(bucket.waitMs(9000)).toBeCloseTo(201);
    expect(bucket.available(9000 + bucket.waitMs(9000))).toBeGreaterThan(0);
  });

  test('and what is less urgent gets what is left over', () => {
    const bucket = new TokenBucket(() => 1000, 0);
    expect(bucket.spare(0)).toBe(250);
    bucket.spend(300, 0);
    expect([bucket.spare(0), bucket.spare(100)]).toEqual([0, 50]);
  });

  test('that changes', () => {
    let rate = 1000;
    const bucket = new TokenBucket(() => rate, 0);
    rate = 100;
    expect([bucket.available(0), bucket.spare(0)]).toEqual([50, 25]);
    bucket.spend(150, 0);
    expect(bucket.waitMs(0)).toBeCloseTo(1010);
  });

  test('over a long time, whatever the pieces', () => {
    const bucket = new TokenBucket(() => 500_000, 0);
    let sent = 0;
    for (let now = 0; now < 60_000; now += 7) {
      if (bucket.waitMs(now) > 0) continue;
      const piece = 1 + ((now * 7919) % 90_000);
      bucket.spend(piece, now);
      sent += piece;
    }
    expect(sent / 60).toBeGreaterThan(480_000);
    expect(sent / 60).toBeLessThan(510_000);
  });
});
