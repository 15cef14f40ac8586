import { describe, expect, it } from 'vitest';
import { couldLimitFilm, limitsFilm } from '../../../../source/session/share/rate/film-limit.js';

const HD = 1920 * 1080;
const CLIP = 640 * 360;
const MBIT = 125_000;

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

  it('limits nothing before it was measured', () => {
    expect(limitsFilm(null, HD, null, true)).toBe(false);
    expect(couldLimitFilm(null, true)).toBe(false);
  });
});
