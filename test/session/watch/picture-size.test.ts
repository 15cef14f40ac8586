import { describe, expect, it } from 'vitest';
import { pictureSizeOf } from '../../../source/session/watch/picture-size.js';

describe('pictureSizeOf', () => {
  it.each([
    [1366, 768],
    [1920, 1080],
    [640, 480],
    [3840, 2160],
    [2560, 1440],
    [7680, 4320],
  ])('knows %sx%s', (width, height) => {
    expect(pictureSizeOf(width * height * 3)).toEqual({ width, height });
  });

  it.each([
    [3840 * 1080 * 3, /3840x1080.*1920x2160/],
    [1000 * 562 * 3, /--size 1000x562/],
    [1366 * 768 * 3 + 1, /--size WIDTHxHEIGHT/],
    [0, /--size WIDTHxHEIGHT/],
    [3 * 1_000_003, /--size WIDTHxHEIGHT/],
  ])('names the candidates for %s bytes', (length, hint) => {
    let said = '';
    try {
      pictureSizeOf(length);
    } catch (error) {
      if (error && typeof error === 'object' && 'remedy' in error) said = `${error} ${error.remedy}`;
    }
    expect(said).toMatch(hint);
  });
});
