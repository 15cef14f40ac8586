import { describe, expect, it } from 'vitest';
import { LinkBelief, measuredRate, reachesViewer } from '../../../../source/session/share/rate/link-belief.js';

const PICTURE_MS = 33;
/** What a viewer takes for a picture whatever its bytes. */
const VIEWER_MS = 30;
/** Pictures are planned for this part of what the link is believed to carry. */
const PLANNED = 0.85;

/** A film over a simulated link: each picture is as large as there is believed to be room for. */
class Film {
  readonly belief = new LinkBelief();
  /** Bytes a second. */
  link = 600_000;
  now = 1000;
  believed: number;
  #position = 0;
  /** Milliseconds of bytes that wait for the link. */
  #queuedMs = 0;

  constructor() {
    // The first picture is large, and shows well what the link carries.
    this.believed = this.belief.follow(this.link * 0.9, 0, 0, this.now)!;
  }

  play(ms: number, pictureMs = PICTURE_MS, part = PLANNED): void {
    for (const end = this.now + ms; this.now < end; this.now += pictureMs) {
      const bytes = (this.believed * part * PICTURE_MS) / 1000;
      this.#position += bytes;
      const wireMs = (bytes * 1000) / this.link;
      this.#queuedMs = Math.max(0, this.#queuedMs + wireMs - pictureMs);
      const measured = (bytes * 1000) / (wireMs + VIEWER_MS);
      this.believed = this.belief.follow(measured, this.#queuedMs, this.#position, this.now)!;
    }
  }
}

describe('what a link is believed to carry', () => {
  it('does not sink because pictures are small, nor is it ever more than a little too much', () => {
    const film = new Film();
    film.play(5000);
    for (let second = 0; second < 60; second++) {
      film.play(1000);
      expect(film.believed / film.link).toBeGreaterThan(0.8);
      expect((film.believed * PLANNED) / film.link).toBeLessThan(1.2);
    }
  });

  it('sinks within seconds when the link does, and rises with it again', () => {
    const film = new Film();
    film.play(5000);
    film.link /= 4;
    film.play(2500);
    expect((film.believed * PLANNED) / film.link).toBeLessThan(1.3);
    film.play(3000);
    film.link *= 4;
    film.play(9000);
    expect(film.believed / film.link).toBeGreaterThan(0.7);
  });

  it('stays as it was while the link has little to do', () => {
    const film = new Film();
    film.play(3000);
    film.play(2000, 500, 0.05);
    const before = film.believed;
    film.play(20_000, 500, 0.05);
    expect(film.believed).toBe(before);
  });

  it('is what was measured where queues cannot be seen; unknown before', () => {
    const belief = new LinkBelief();
    expect(belief.follow(null, 0, 0, 0)).toBeNull();
    expect(belief.follow(500, Number.POSITIVE_INFINITY, 0, 10)).toBe(500);
    expect(belief.follow(100, Number.POSITIVE_INFINITY, 0, 20)).toBe(100);
  });
});

describe('what was measured of a link', () => {
  const tcp = { rate: { bytesPerSecond: 50_000_000, least: false }, minRttMs: 0.1 };

  it('is what TCP tells where a viewer is busy, but not where TCP ends in a tunnel', () => {
    const busy = 2_000_000;
    const measured = (emptyRttMs: number | null, told = tcp) =>
      measuredRate(busy, reachesViewer(emptyRttMs, told), told);
    expect(measured(3)).toBe(50_000_000);
    expect(measured(40)).toBe(busy);
    expect(measured(40, { ...tcp, minRttMs: 12 })).toBe(50_000_000);
    expect(measured(null)).toBe(50_000_000);
  });

  it('is nothing before fences or a full link have told something', () => {
    const idle = { rate: { bytesPerSecond: 70_000, least: true }, minRttMs: 0.1 };
    expect(measuredRate(null, true, idle)).toBeNull();
    expect(measuredRate(null, true, { rate: null, minRttMs: 0 })).toBeNull();
    expect(measuredRate(null, true, tcp)).toBe(50_000_000);
    expect(measuredRate(3_000_000, true, idle)).toBe(3_000_000);
  });
});
