import { describe, expect, it } from 'vitest';
import { ClassicPacer } from '../../source/transport/classic-pacer.js';

const WINDOW = 107_520;
const FRAME = 5000;
const LINK = { notSentBytes: 0, deliveryRate: 1e6, minRttMs: 0.1, ackDelayMs: 0 };

interface Reader {
  /** What it takes for a frame. */
  readonly readMs: number;
  /** How late its kernel acknowledges what was not read yet. */
  readonly delayedAckMs?: number;
  /** What its kernel offers at first, of which it will keep only so much: it wants less by now. */
  readonly window?: { readonly offered: number; readonly kept: number };
  /** When it stands still. */
  readonly stopped?: { readonly from: number; readonly to: number };
}

interface Run {
  /** Times of the frames sent. */
  readonly sent: number[];
  /** For each frame read: when, and how old it was. */
  readonly read: { readonly at: number; readonly age: number }[];
}

/**
 * A sender that always has a new frame, at most one each 16 ms, and a Linux reader whose window shrinks by what lies
 * unread.
 */
function run({ readMs, delayedAckMs = 0, window: offer, stopped }: Reader, duration: number): Run {
  const pacer = new ClassicPacer();
  const sent: number[] = [];
  const read: { at: number; age: number }[] = [];
  const queue: number[] = [];
  let position = 0;
  let acked = 0;
  let window = offer?.offered ?? WINDOW;
  let ackedAt = 0;
  let busyUntil = 0;
  let ackAt = Number.POSITIVE_INFINITY;
  const acknowledge = () => {
    ackAt = Number.POSITIVE_INFINITY;
    // What was offered once is never taken back: the window shrinks by what arrives until it is as small as wanted.
    const offeredTo = offer ? acked + window : 0;
    acked = position;
    ackedAt = time;
    window = Math.max((offer?.kept ?? WINDOW) - queue.length * FRAME, offeredTo - acked);
  };
  let time = 0;
  for (let now = 0; now < duration; now++) {
    time = now;
    const still = stopped && now >= stopped.from && now < stopped.to;
    if (!still && queue.length > 0 && busyUntil <= now) {
      read.push({ at: now, age: now - queue.shift()! });
      busyUntil = now + readMs;
      if (queue.length === 0 && ackAt < Number.POSITIVE_INFINITY) acknowledge();
    }
    if (now >= ackAt) acknowledge();
    // The answer to a keep-alive probe tells the window once a second.
    if (now % 1000 === 999) acknowledge();
    const ackDelayMs = ackedAt - (sent.at(-1) ?? 0);
    pacer.observe({ ...LINK, ackedBytes: acked, sendWindow: window, ackDelayMs }, now);
    if (now - (sent.at(-1) ?? -100) >= 16 && pacer.waitMs(now) === 0) {
      position += FRAME;
      pacer.wrote(position, now);
      pacer.acknowledged(position, now);
      queue.push(now);
      sent.push(now);
      ackAt = Math.min(ackAt, now + delayedAckMs);
    }
  }
  return { sent, read };
}

describe('ClassicPacer', () => {
  it('sends every frame to a reader that keeps up', () => {
    expect(run({ readMs: 10 }, 5000).sent.length).toBe(313);
    expect(run({ readMs: 10, delayedAckMs: 40 }, 5000).sent.length).toBe(313);
  });

  it.each([
    { readMs: 33, delayedAckMs: 0 },
    { readMs: 100, delayedAckMs: 0 },
    { readMs: 100, delayedAckMs: 40 },
    { readMs: 200, delayedAckMs: 40 },
  ])('keeps a slow reader busy, and at most two of its frames behind: %j', reader => {
    const { read } = run(reader, 20_000);
    const settled = read.filter(({ at }) => at > 2000);
    expect(settled.length).toBeGreaterThan((18_000 / reader.readMs) * 0.93);
    const ages = settled.map(({ age }) => age).sort((a, b) => a - b);
    expect(ages[Math.floor(ages.length * 0.9)]).toBeLessThan(reader.readMs * 2);
  });

  it('leaves a stopped reader alone, and gives it a new frame within about a second when it continues', () => {
    const { sent, read } = run({ readMs: 10, delayedAckMs: 40, stopped: { from: 2000, to: 12_000 } }, 16_000);
    expect(sent.filter(at => at >= 2100 && at < 12_000).length).toBeLessThan(15);
    const fresh = read.find(({ at, age }) => at >= 12_000 && age < 50);
    expect(fresh?.at).toBeLessThan(13_100);
    expect(read.filter(({ at }) => at > 14_000).length).toBeGreaterThan(100);
  });

  it('is not misled by a window that shrinks although everything is read', () => {
    const window = { offered: 28_000_000, kept: 20_000_000 };
    const { sent } = run({ readMs: 2, delayedAckMs: 40, window }, 20_000);
    expect(sent.length).toBeGreaterThan(20_000 / 16 - 100);
    // A frame that is acknowledged late each time: then the original still hears from us ten times a second.
    const late = run({ readMs: 45, delayedAckMs: 40, window }, 20_000);
    expect(late.sent.length).toBeGreaterThan(195);
  });

  it('holds a stopped reader with a window of megabytes to ten frames a second, and continues with it at once', () => {
    const stopped = { from: 5000, to: 15_000 };
    const window = { offered: 28_000_000, kept: 28_000_000 };
    const { sent, read } = run({ readMs: 2, delayedAckMs: 40, window, stopped }, 20_000);
    expect(sent.filter(at => at >= 5200 && at < 15_000).length).toBeLessThan(120);
    expect(read.find(({ at, age }) => at >= 15_000 && age < 50)?.at).toBeLessThan(16_000);
  });

  it('sends nothing while this machine still holds the last frame', () => {
    const pacer = new ClassicPacer();
    expect(pacer.waitMs(0)).toBe(0);
    pacer.wrote(1000, 0);
    expect(pacer.waitMs(5)).toBe(Number.POSITIVE_INFINITY);
    pacer.acknowledged(1000, 10);
    expect(pacer.waitMs(10)).toBe(0);
    pacer.observe({ ...LINK, ackedBytes: 0, sendWindow: 60_000, notSentBytes: 500, deliveryRate: 0 }, 11);
    expect(pacer.waitMs(11)).toBeGreaterThan(0);
    pacer.observe({ ...LINK, ackedBytes: 1000, sendWindow: 60_000, deliveryRate: 2e6 }, 12);
    expect(pacer.waitMs(12)).toBe(0);
    expect(pacer.bandwidth).toBe(2e6);
  });

  it('works without the window where the system does not report it', () => {
    const pacer = new ClassicPacer();
    for (let frame = 1; frame < 50; frame++) {
      pacer.wrote(frame * 1000, frame * 16);
      pacer.acknowledged(frame * 1000, frame * 16);
      pacer.observe({ ...LINK, ackedBytes: 0, sendWindow: null, deliveryRate: 0 }, frame * 16);
      expect(pacer.waitMs(frame * 16)).toBe(0);
    }
  });
});
