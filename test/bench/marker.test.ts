import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  drawFilmMarker,
  drawMarker,
  FILM_MARKER,
  findMarker,
  MARKER,
  MARKER_SIDE,
  MAX_FRAMES,
  readMarker,
} from '../../source/bench/marker.js';

const WIDTH = 700;

/** The middle row of a marker drawn at x, on a background of noise or of one colour, as bytes. */
function rowWith(number: number, x: number, background: (at: number) => number): Uint8Array {
  const pixels = new Uint32Array(WIDTH * MARKER_SIDE);
  for (let at = 0; at < pixels.length; at++) pixels[at] = background(at);
  drawMarker(pixels.subarray(x), WIDTH, number);
  const middle = WIDTH * (MARKER_SIDE / 2);
  return new Uint8Array(pixels.buffer, middle * 4, WIDTH * 4);
}

const noise = (at: number) => Math.imul(at + 1, 2_654_435_761) >>> 8;

describe('the marker', () => {
  test('is found wherever it is, and reads as what was drawn', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_FRAMES - 1 }),
        fc.integer({ min: 1, max: WIDTH - MARKER.width }),
        fc.constantFrom(
          () => 0x101010,
          (at: number) => noise(at) & 0x7f7f7f,
        ),
        (number, x, background) => {
          const row = rowWith(number, x, background);
          const found = findMarker(row);
          expect(found).toBe(x);
          expect(readMarker(row, x)).toBe(number);
        },
      ),
    );
  });

  test('survives what JPEG does to it', () => {
    const row = rowWith(123_456, 40, () => 0x808080);
    for (let at = 0; at < row.length; at++) row[at] = Math.max(0, Math.min(255, row[at]! + ((noise(at) % 101) - 50)));
    expect(readMarker(row, 40)).toBe(123_456);
  });

  test('is not seen where two frames meet', () => {
    const [old, next] = [rowWith(1000, 8, () => 0), rowWith(1001, 8, () => 0)];
    const torn = Uint8Array.from(old);
    // The last squares, with the check, are still those of the frame before.
    torn.set(next.subarray(0, (8 + 32 * MARKER_SIDE) * 4));
    expect(readMarker(torn, 8)).toBeNull();
  });

  test('is not seen in noise', () => {
    const row = new Uint8Array(WIDTH * 4).map((_, at) => noise(at) & 255);
    expect(findMarker(row)).toBeNull();
  });
});

test('a marker in a film is found and read on any picture, through what a codec leaves of it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: MAX_FRAMES - 1 }),
      fc.integer({ min: MARKER_SIDE, max: WIDTH - MARKER.width }),
      fc.integer({ min: 0, max: 0xffffff }),
      (number, x, seed) => {
        const film = Uint32Array.from({ length: FILM_MARKER.width * FILM_MARKER.height }, (_, at) => noise(at + seed));
        const picture = new Uint32Array(WIDTH * FILM_MARKER.height).fill(0xffffff);
        drawFilmMarker(film, picture, WIDTH, { x, y: 0, height: FILM_MARKER.height }, number);
        const row = new Uint8Array(picture.buffer, (WIDTH * FILM_MARKER.height * 4) / 2, WIDTH * 4);
        const found = findMarker(row);
        expect(found).toBe(x);
        const lossy = row.map((level, at) => Math.max(0, Math.min(255, level + ((noise(at) % 65) - 32))));
        expect(readMarker(lossy, x)).toBe(number);
      },
    ),
  );
});
