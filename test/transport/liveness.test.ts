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

describe('a dead link', () => {
  it('is noticed within five seconds when a reply is due, and given up after a minute', () => {
    const cut = 2000;
    const { silentAt, silentMs, deadAt } = live(70_000, now => ({
      received: Math.min(now, cut),
      owes: now >= cut ? 0 : null,
    }));
    expect(silentAt! - cut).toBeLessThan(5000);
    expect(silentMs).toBe(68_000);
    expect(deadAt! - cut).toBeGreaterThanOrEqual(LIVENESS.deadMs);
  });

  it('is noticed by missing acknowledgements where the peer never sends', () => {
    const cut = 2000;
    const tcp = (now: number) =>
      now < cut
        ? { ...ACKED, ackedBytes: now }
        : { ...ACKED, ackedBytes: cut, unackedSegments: 4, ackAgeMs: now - cut };
    const { silentAt, deadAt } = live(70_000, now => ({ received: 0, tcp: tcp(now) }));
    expect(silentAt! - cut).toBeLessThan(5000);
    expect(deadAt! - cut).toBeGreaterThanOrEqual(LIVENESS.deadMs);
  });

  it('is noticed although a tunnel on the way acknowledges further data', () => {
    const cut = 2000;
    const tcp = (now: number) => ({ ...ACKED, ackedBytes: now, ackAgeMs: 0 });
    const { silentAt, deadAt } = live(70_000, now => ({
      ...{ received: Math.min(now, cut), tcp: tcp(now) },
      owes: now >= cut ? cut + 100 : null,
    }));
    expect(silentAt! - cut).toBeLessThan(5000);
    expect(deadAt).toBe(null);
  });

  it('is noticed by a mere reader, by probing', () => {
    const cut = 2000;
    const { silentAt, probes } = live(20_000, now => ({ received: Math.min(now, cut) }));
    expect(probes[0]! - cut).toBeLessThanOrEqual(2000);
    expect(silentAt! - cut).toBeLessThan(5000);
  });
});

describe('a live link', () => {
  it('may be idle: probed seldom, never reported', () => {
    const { silentAt, probes } = live(60_000, () => ({}), true);
    expect(silentAt).toBe(null);
    expect(probes.length).toBeLessThanOrEqual(12);
    expect(probes.length).toBeGreaterThan(5);
  });

  it('may be slow: its data is acknowledged now and then', () => {
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

  it('may have a stalled program: reported, and the connection kept', () => {
    const { silentMs, deadAt } = live(300_000, now => ({ received: Math.min(now, 2000), tcp: ACKED, owes: 0 }));
    expect(silentMs).toBe(298_000);
    expect(deadAt).toBe(null);
  });

  it('may have a reader that reads nothing: a closed window is no overdue reply', () => {
    const tcp = (now: number) => ({
      ...ACKED,
      ackedBytes: 5000,
      probes: now % 8000 === 0 ? 1 : 0,
      ackAgeMs: now % 8000,
    });
    expect(live(300_000, now => ({ received: 0, tcp: tcp(now) })).deadAt).toBe(null);
  });

  it('may recover: nothing is overdue any more', () => {
    const received = (now: number) => (now < 2000 || now > 20_000 ? now : 2000);
    const { silentAt, silentMs } = live(21_000, now => ({ received: received(now), owes: 0 }));
    expect(silentAt).not.toBe(null);
    expect(silentMs).toBe(null);
  });
});
