import { describe, expect, it } from 'vitest';
import type { EncodedRectangle } from '../../../../source/codecs/encode/encode-job.js';
import { stepOf } from '../../../../source/session/share/rate/film-quality.js';
import { ViewerRate } from '../../../../source/session/share/rate/viewer-rate.js';
import { FenceCongestion } from '../../../../source/transport/fence-congestion.js';

const PIXELS = 1366 * 768;
const ASKED = { quality: 92, subsampling: '4:4:4' } as const;

interface Link {
  /** Megabits a second, by the time. */
  readonly mbit: (now: number) => number;
  readonly delayMs: number;
}

interface Shown {
  readonly at: number;
  readonly age: number;
  readonly quality: number;
  readonly bytes: number;
}

/** A film of a screen's size over a link with a rate and a delay, paced and encoded as a share does it. */
function play(link: Link, { seconds = 20, fps = 30, perPixel = 0.15, decodeMs = 5 } = {}) {
  const pacer = new FenceCongestion();
  const rate = new ViewerRate();
  const shown: Shown[] = [];
  const answers: { at: number; position: number }[] = [];
  const answered: Shown[] = [];
  let [position, freeAt, captured, most] = [0, 0, -1, 0];
  pacer.probed(2 * link.delayMs, 0);
  const queue: number[] = [];
  for (let now = 0; now < seconds * 1000; now++) {
    while (answers[0] && answers[0].at <= now) pacer.acknowledged(answers.shift()!.position, now);
    while (queue[0] !== undefined && queue[0] <= now) queue.shift();
    if (pacer.waitMs(now) !== 0) continue;
    const picture = Math.floor((now * fps) / 1000);
    if (picture === captured) {
      rate.waits(now);
      continue;
    }
    captured = picture;
    const quality = rate.qualityFor(ASKED, PIXELS, () => PIXELS, pacer.capacity, now) ?? ASKED.quality;
    const bytes = Math.round(PIXELS * perPixel * stepOf(quality) ** -0.8);
    const part = { encoding: 'jpeg', rectangle: { x: 0, y: 0, width: 1366, height: 768 }, lossy: true, length: bytes };
    rate.sent([{ parts: [part] } as unknown as EncodedRectangle], quality, now);
    if (pacer.probeDue(now)) {
      position += 16;
      pacer.wrote(position, now);
      answers.push({ at: now + 2 * link.delayMs, position });
    }
    position += bytes;
    pacer.wrote(position, now, 5);
    freeAt = Math.max(freeAt, now) + bytes / (link.mbit(now) * 125);
    queue.push(freeAt);
    most = Math.max(most, queue.length);
    const at = freeAt + link.delayMs + decodeMs;
    answers.push({ at: at + link.delayMs, position });
    const picturedAt = (picture * 1000) / fps;
    answered.push({ at, age: at - picturedAt, quality, bytes });
  }
  shown.push(...answered);
  const steady = shown.filter(({ at }) => at > 3000);
  const ages = steady.map(({ age }) => age).sort((a, b) => a - b);
  return {
    shown,
    rate,
    pacer,
    mostQueued: most,
    fps: (steady.length * 1000) / (seconds * 1000 - 3000),
    p95: ages[Math.floor(ages.length * 0.95)]!,
    quality: steady.at(-1)!.quality,
    changes: steady.filter(({ quality }, index) => index > 0 && quality !== steady[index - 1]!.quality).length,
  };
}

const constant = (mbit: number) => () => mbit;

describe("a viewer's rate", () => {
  it('changes nothing on a fast link', () => {
    const { fps, shown } = play({ mbit: constant(1000), delayMs: 0.2 });
    expect(fps).toBeGreaterThan(29);
    expect(shown.every(({ quality }) => quality === ASKED.quality)).toBe(true);
  });

  it.each([
    [40, 10, 25, 120],
    [20, 10, 14, 150],
    [5, 30, 6, 320],
    [2, 50, 3.5, 500],
  ])('keeps film moving at %d Mbit/s, no older than its bound', (mbit, delayMs, leastFps, mostMs) => {
    const { fps, p95, mostQueued } = play({ mbit: constant(mbit), delayMs });
    expect(fps).toBeGreaterThan(leastFps);
    expect(p95).toBeLessThan(mostMs);
    // The one that is being sent, and the one that is just begun.
    expect(mostQueued).toBeLessThanOrEqual(2);
  });

  it('keeps to one quality while nothing changes', () => {
    for (const mbit of [60, 20, 8]) expect(play({ mbit: constant(mbit), delayMs: 10 }).changes).toBeLessThan(12);
  });

  it('uses most of the link', () => {
    const { shown } = play({ mbit: constant(20), delayMs: 10 });
    const bytes = shown.filter(({ at }) => at > 3000).reduce((sum, each) => sum + each.bytes, 0);
    expect(bytes / 17).toBeGreaterThan(20 * 125_000 * 0.7);
  });

  it('follows a link that gets thinner and better again', () => {
    const { shown } = play({ mbit: now => (now > 4000 && now < 8000 ? 8 : 60), delayMs: 10 }, { seconds: 14 });
    const qualityAt = (time: number) => shown.filter(({ at }) => at < time).at(-1)!.quality;
    const [before, thin, after] = [qualityAt(4000), qualityAt(8000), qualityAt(13_000)];
    expect(thin).toBeLessThan(before - 20);
    expect(after).toBeGreaterThan(before - 10);
    // It notices within about a second.
    const late = shown.filter(({ at, age }) => at > 5500 && at < 8000 && age > 300);
    expect(late).toHaveLength(0);
  });

  it('keeps its quality over letters between two pictures', () => {
    const { rate, pacer, quality } = play({ mbit: constant(20), delayMs: 10 });
    const letter = () => rate.qualityFor(ASKED, 200, () => 0, pacer.capacity, 20_000);
    expect(letter()).toBeNull();
    expect(rate.quality).toBe(quality);
  });

  it('sends better pictures of a source that draws rarely', () => {
    const link = { mbit: constant(20), delayMs: 10 };
    expect(play(link, { fps: 8 }).quality).toBeGreaterThan(play(link).quality);
  });

  it('tells the budget for film: what else is sent comes first', () => {
    const { rate, pacer } = play({ mbit: constant(20), delayMs: 10 });
    const now = 20_000;
    const before = rate.budget(pacer.capacity, now);
    expect(before.bytesPerSecond).toBeGreaterThan(1_800_000);
    expect(before.bytesPerSecond).toBeLessThan(2_900_000);
    expect(before.forFilm).toBeLessThan(before.bytesPerSecond!);
    const letters = { encoding: 'tight', rectangle: { x: 0, y: 0, width: 300, height: 100 }, lossy: false };
    const text = { parts: [{ ...letters, length: 400_000 }] } as unknown as EncodedRectangle;
    rate.sent([text], null, now);
    expect(rate.budget(pacer.capacity, now).forFilm).toBeCloseTo(before.forFilm! - 400_000, -1);
    expect(new ViewerRate().budget(null, 0)).toEqual({ bytesPerSecond: null, forFilm: null });
  });
});
