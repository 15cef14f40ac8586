import { describe, expect, it } from 'vitest';
import { LIVENESS, type LinkSample, Liveness } from '../../source/transport/liveness.js';

const TICK = 250;
const ACKED = { ackedBytes: 0, ackAgeMs: 0, unackedSegments: 0, probes: 0 };

/** Looks four times a second until `ms`, at what the link then is like. */
function live(until: number, signs: (now: number) => Partial<LinkSample>, answered = false) {
  const liveness = new Liveness(0);
  const probes: number[] = [];
  let silentAt: number | null = null;
  let deadAt: number | null = null;
  let silentMs: number | null = null;
  let answers = 0;
  for (let now = 0; now <= until; now += TICK) {
    const life = liveness.check({ now, received: answers, tcp: null, owes: null, ...signs(now) });
    if (life.probe) {
      probes.push(now);
      liveness.asked();
      if (answered) answers++;
    }
    silentMs = life.silentMs;
    if (silentMs !== null) silentAt ??= now;
    if (life.dead) deadAt ??= now;
  }
  return { probes, silentAt, silentMs, deadAt };
}

describe('a link that was cut', () => {
  it('is missed within five seconds by who has sent what must be answered, and given up after a minute', () => {
    const cut = 2000;
    const { silentAt, silentMs, deadAt } = live(70_000, now => ({
      received: Math.min(now, cut),
      owes: now >= cut ? 0 : null,
    }));
    expect(silentAt! - cut).toBeLessThan(5000);
    expect(silentMs).toBe(68_000);
    expect(deadAt! - cut).toBeGreaterThanOrEqual(LIVENESS.deadMs);
  });

  it('is missed by its system where the other end never says anything', () => {
    const cut = 2000;
    const tcp = (now: number) =>
      now < cut
        ? { ...ACKED, ackedBytes: now }
        : { ...ACKED, ackedBytes: cut, unackedSegments: 4, ackAgeMs: now - cut };
    const { silentAt, deadAt } = live(70_000, now => ({ received: 0, tcp: tcp(now) }));
    expect(silentAt! - cut).toBeLessThan(5000);
    expect(deadAt! - cut).toBeGreaterThanOrEqual(LIVENESS.deadMs);
  });

  it('is missed though something on the way, such as a tunnel, acknowledges what goes on to be sent', () => {
    const cut = 2000;
    const tcp = (now: number) => ({ ...ACKED, ackedBytes: now, ackAgeMs: 0 });
    const { silentAt, deadAt } = live(70_000, now => ({
      ...{ received: Math.min(now, cut), tcp: tcp(now) },
      owes: now >= cut ? cut + 100 : null,
    }));
    expect(silentAt! - cut).toBeLessThan(5000);
    expect(deadAt).toBe(null);
  });

  it('is missed by who only listens, who then asks', () => {
    const cut = 2000;
    const { silentAt, probes } = live(20_000, now => ({ received: Math.min(now, cut) }));
    expect(probes[0]! - cut).toBeLessThanOrEqual(2000);
    expect(silentAt! - cut).toBeLessThan(5000);
  });
});

describe('a link that lives', () => {
  it('is idle: it is asked seldom, and never missed', () => {
    const { silentAt, probes } = live(60_000, () => ({}), true);
    expect(silentAt).toBe(null);
    expect(probes.length).toBeLessThanOrEqual(12);
    expect(probes.length).toBeGreaterThan(5);
  });

  it('is slow: what it takes is acknowledged now and then', () => {
    const tcp = (now: number) => ({
      ...ACKED,
      ackedBytes: Math.floor(now / 2000),
      unackedSegments: 9,
      ackAgeMs: now % 2000,
    });
    expect(live(120_000, now => ({ received: 0, tcp: tcp(now), owes: 1e6 }))).toMatchObject({
      silentAt: null,
      deadAt: null,
    });
  });

  it('has a program that stands still: that is told, and its connection kept', () => {
    const { silentMs, deadAt } = live(300_000, now => ({ received: Math.min(now, 2000), tcp: ACKED, owes: 0 }));
    expect(silentMs).toBe(298_000);
    expect(deadAt).toBe(null);
  });

  it('has a reader that takes nothing: a closed window owes no answer', () => {
    const tcp = (now: number) => ({
      ...ACKED,
      ackedBytes: 5000,
      probes: now % 8000 === 0 ? 1 : 0,
      ackAgeMs: now % 8000,
    });
    expect(live(300_000, now => ({ received: 0, tcp: tcp(now) })).deadAt).toBe(null);
  });

  it('comes back: nothing is missing any more', () => {
    const received = (now: number) => (now < 2000 || now > 20_000 ? now : 2000);
    const { silentAt, silentMs } = live(21_000, now => ({ received: received(now), owes: 0 }));
    expect(silentAt).not.toBe(null);
    expect(silentMs).toBe(null);
  });
});
