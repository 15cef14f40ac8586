import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place, windowSize } from '../../source/display/placement.js';

const side = fc.integer({ min: 1, max: 8000 });
const size = fc.record({ width: side, height: side });

describe('place', () => {
  it('fits the picture into the window, its aspect kept to the pixel, touching two sides', () => {
    fc.assert(
      fc.property(size, size, (picture, window) => {
        const at = place(picture, window, 'fit');
        expect(at.x).toBeGreaterThanOrEqual(0);
        expect(at.y).toBeGreaterThanOrEqual(0);
        expect(at.x + at.width).toBeLessThanOrEqual(window.width);
        expect(at.y + at.height).toBeLessThanOrEqual(window.height);
        expect(at.width === window.width || at.height === window.height).toBe(true);
        const exact = Math.min(window.width / picture.width, window.height / picture.height);
        expect(Math.abs(at.width - Math.max(1, picture.width * exact))).toBeLessThanOrEqual(1);
        expect(Math.abs(at.height - Math.max(1, picture.height * exact))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is pixel for pixel in a window of the same size', () => {
    fc.assert(
      fc.property(size, picture => {
        expect(place(picture, picture, 'fit')).toEqual({ x: 0, y: 0, ...picture });
      }),
    );
  });

  it('leaves a fixed scale alone, in the middle or from the top left corner', () => {
    expect(place({ width: 100, height: 50 }, { width: 300, height: 90 }, 2)).toEqual({
      x: 50,
      y: 0,
      width: 200,
      height: 100,
    });
  });
});

describe('windowSize', () => {
  const screen = { width: 1000, height: 700 };
  it.each([
    [{ width: 800, height: 600 }, 'fit', { width: 800, height: 600 }],
    [{ width: 2000, height: 1000 }, 'fit', { width: 1000, height: 500 }],
    [{ width: 400, height: 300 }, 2, { width: 800, height: 600 }],
    [{ width: 800, height: 200 }, 3, { width: 1000, height: 600 }],
  ] as const)('opens %o at %s as %o', (picture, scale, expected) => {
    expect(windowSize(picture, screen, scale)).toEqual(expected);
  });
});
