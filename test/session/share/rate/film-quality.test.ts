import { describe, expect, it } from 'vitest';
import { FilmCost, filmQuality, qualityClass, stepOf } from '../../../../source/session/share/rate/film-quality.js';

/** A whole screen of 1366x768. */
const PIXELS = 1366 * 768;
const THIRTY_A_SECOND = 1000 / 30;

/** A film whose pixel costs this many bytes at quality 50. */
function film(perPixel: number): FilmCost {
  const cost = new FilmCost();
  for (let picture = 0; picture < 20; picture++) cost.measured(PIXELS, PIXELS * perPixel, 50);
  return cost;
}

function qualityAt(megabits: number, cost: FilmCost, sourceMs = THIRTY_A_SECOND): number {
  return filmQuality(cost, { pixels: PIXELS, otherBytes: 0, bytesPerSecond: megabits * 125_000, sourceMs });
}

describe('the cost of film', () => {
  it('is learned from what was encoded, at whatever quality', () => {
    const cost = new FilmCost();
    // Pictures of a content that is twice as dear as at first thought, at a quality that changes.
    for (const quality of [90, 40, 60, 20, 75, 50]) {
      cost.measured(PIXELS, PIXELS * 0.3 * stepOf(quality) ** -0.8, quality);
    }
    expect(cost.perPixel(50)).toBeCloseTo(0.3, 2);
    expect(cost.perPixel(90)).toBeGreaterThan(cost.perPixel(80));
  });

  it('says which quality fits a number of bytes', () => {
    const cost = film(0.2);
    for (const quality of [10, 30, 50, 70, 90]) {
      expect(cost.fitting(PIXELS, cost.perPixel(quality) * PIXELS)).toBeCloseTo(quality, 3);
    }
  });
});

describe('the quality of film', () => {
  it('follows the rate continuously', () => {
    const cost = film(0.15);
    let last = 0;
    for (let megabits = 0.5; megabits < 400; megabits *= 1.02) {
      const quality = qualityAt(megabits, cost);
      expect(quality).toBeGreaterThanOrEqual(last);
      // Two percent more rate never make a jump.
      if (last > 0 && quality < 99) expect(quality - last).toBeLessThan(4);
      last = quality;
    }
    expect(last).toBeGreaterThan(95);
  });

  it('gives pictures more time before they become poor, and no more than a bound', () => {
    const cost = film(0.15);
    const bytesOf = (quality: number) => cost.perPixel(quality) * PIXELS;
    for (const [megabits, most] of [
      [80, 34],
      [20, 67],
      [10, 126],
    ] as const) {
      expect((bytesOf(qualityAt(megabits, cost)) * 1000) / (megabits * 125_000)).toBeLessThan(most);
    }
    expect(qualityAt(0.5, cost)).toBe(10);
  });

  it('spends the time that a slow source leaves on better pictures', () => {
    const cost = film(0.15);
    expect(qualityAt(40, cost, 100)).toBeGreaterThan(qualityAt(40, cost) + 10);
  });

  it('leaves film a part of a picture that is full of other things', () => {
    const cost = film(0.15);
    const room = { pixels: PIXELS, otherBytes: 1e9, bytesPerSecond: 2_500_000, sourceMs: THIRTY_A_SECOND };
    expect(filmQuality(cost, room)).toBeGreaterThanOrEqual(10);
  });

  it('keeps its class while it nearly fits', () => {
    expect(qualityClass(63, null)).toBe(60);
    expect(qualityClass(67, 60)).toBe(60);
    expect(qualityClass(69, 60)).toBe(65);
    expect(qualityClass(59.5, 60)).toBe(60);
    expect(qualityClass(58, 60)).toBe(55);
    expect(qualityClass(1, null)).toBe(5);
  });
});
