import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movedInside, panned, place, windowSize, zoomed } from '../../source/display/placement.js';

const side = fc.integer({ min: 1, max: 8000 });
const NO_PAN = { x: 0, y: 0 };
const FIT = { scale: 'fit', pan: NO_PAN } as const;
const size = fc.record({ width: side, height: side });

describe('place', () => {
  it('fits the picture into the window, its aspect kept to the pixel, touching two sides', () => {
    fc.assert(
      fc.property(size, size, (picture, window) => {
        const at = place(picture, window, FIT);
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
        expect(place(picture, picture, FIT)).toEqual({ x: 0, y: 0, ...picture });
      }),
    );
  });

  it('keeps a fixed scale, centred or from the top left corner', () => {
    expect(place({ width: 100, height: 50 }, { width: 300, height: 90 }, { scale: 2, pan: NO_PAN })).toEqual({
      x: 50,
      y: 0,
      width: 200,
      height: 100,
    });
  });
});

describe('a picture that is larger than its window', () => {
  const window = { width: 300, height: 200 };
  const picture = { width: 500, height: 150 };
  const view = (x: number, y: number, scale = 1) => ({ scale, pan: { x, y } });

  it('pans to the edges of the picture, and no further', () => {
    expect(panned(picture, window, view(0, 0), { x: 70, y: 70 })).toEqual({ x: 70, y: 0 });
    expect(panned(picture, window, view(70, 0), { x: 900, y: -9 })).toEqual({ x: 200, y: 0 });
    expect(panned(picture, window, view(200, 0), { x: -900, y: 0 })).toEqual({ x: 0, y: 0 });
    expect(place(picture, window, view(70, 0))).toEqual({ x: -70, y: 25, width: 500, height: 150 });
    expect(place(picture, window, view(0, 90, 2))).toEqual({ x: 0, y: -90, width: 1000, height: 300 });
  });

  it('shows no empty edge when the window grows while panned', () => {
    fc.assert(
      fc.property(
        size,
        size,
        fc.record({ x: side, y: side }),
        fc.constantFrom(1, 2, 3),
        (picture, window, pan, scale) => {
          const at = place(picture, window, { scale, pan });
          if (at.width >= window.width) expect(at.x <= 0 && at.x + at.width >= window.width).toBe(true);
          if (at.height >= window.height) expect(at.y <= 0 && at.y + at.height >= window.height).toBe(true);
        },
      ),
    );
  });

  it('keeps the centre in place at another scale', () => {
    const large = { width: 4000, height: 3000 };
    const pan = zoomed(large, window, view(1000, 500), 3);
    const middle = { x: (pan.x + 150) / 3, y: (pan.y + 100) / 3 };
    expect(middle.x).toBeCloseTo(1150, 0);
    expect(middle.y).toBeCloseTo(600, 0);
    expect(zoomed(large, window, view(1000, 500), 'fit')).toEqual(NO_PAN);
  });
});

describe('movedInside', () => {
  const room = { x: 0, y: 20, width: 1000, height: 700 };
  it.each([
    [
      { x: 10, y: 30, width: 100, height: 100 },
      { x: 10, y: 30 },
    ],
    [
      { x: 950, y: 680, width: 100, height: 100 },
      { x: 900, y: 620 },
    ],
    [
      { x: -5, y: 0, width: 2000, height: 2000 },
      { x: 0, y: 20 },
    ],
  ])('puts %o at %o', (window, at) => {
    expect(movedInside(window, room)).toEqual(at);
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
