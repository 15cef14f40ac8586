import { describe, expect, it } from 'vitest';
import {
  couldLimitFilm,
  type FilmOverLink,
  limitsFilm as limits,
} from '../../../../source/session/share/rate/film-limit.js';

const HD = 1920 * 1080;
const CLIP = 640 * 360;
const MBIT = 125_000;

function limitsFilm(bytesPerSecond: number | null, pixels: number, perPixel: number | null, limited: boolean): boolean {
  return limits({ bytesPerSecond, pixels, perPixel, limited, encodeMs: 1 });
}

describe('a link', () => {
  it('limits a film that takes more than it carries, with some room', () => {
    expect(limitsFilm(20 * MBIT, HD, null, false)).toBe(true);
    expect(limitsFilm(15 * MBIT, CLIP, null, false)).toBe(true);
    expect(limitsFilm(30 * MBIT, CLIP, null, false)).toBe(false);
  });

  it('limits a film that is dear more easily than one that is not', () => {
    expect(limitsFilm(20 * MBIT, CLIP, 0.1, false)).toBe(false);
    expect(limitsFilm(20 * MBIT, CLIP, 0.4, false)).toBe(true);
  });

  it('stays the limit until it carries much more', () => {
    expect(limitsFilm(24 * MBIT, CLIP, null, false)).toBe(false);
    expect(limitsFilm(24 * MBIT, CLIP, null, true)).toBe(true);
    expect(limitsFilm(30 * MBIT, CLIP, null, true)).toBe(false);
    expect(couldLimitFilm(120 * MBIT, false)).toBe(false);
    expect(couldLimitFilm(120 * MBIT, true)).toBe(true);
  });

  it('that is not thin, as that of a busy viewer may look, limits none, however large and dear it is', () => {
    expect(limitsFilm(160 * MBIT, HD, 0.8, false)).toBe(false);
    expect(limitsFilm(160 * MBIT, HD, 0.8, true)).toBe(false);
    expect(couldLimitFilm(160 * MBIT, true)).toBe(false);
  });

  it('limits no film that is encoded more slowly than its photographs are sent, as on a busy machine', () => {
    // Photographs take 83 ms each.
    const film: FilmOverLink = { bytesPerSecond: 40 * MBIT, pixels: HD, perPixel: null, encodeMs: 40, limited: false };
    expect(limits(film)).toBe(true);
    expect(limits({ ...film, encodeMs: 90 })).toBe(false);
    expect(limits({ ...film, encodeMs: 90, limited: true })).toBe(true);
    expect(limits({ ...film, encodeMs: 130, limited: true })).toBe(false);
    expect(limits({ ...film, encodeMs: 130, bytesPerSecond: 5 * MBIT })).toBe(true);
  });

  it('limits nothing before it was measured', () => {
    expect(limitsFilm(null, HD, null, true)).toBe(false);
    expect(couldLimitFilm(null, true)).toBe(false);
  });
});
