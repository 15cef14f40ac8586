import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrange } from '../../../source/capture/wayland/outputs.js';
import { overlaps } from '../../../source/core/rectangle.js';

function monitor(x: number, y: number, width: number, height: number, scale = 1) {
  const logical = { x, y, width: Math.round(width / scale), height: Math.round(height / scale) };
  return { logical, size: { width, height } };
}
const placesOf = (...items: ReturnType<typeof monitor>[]) => arrange(items).map(({ x, y }) => [x, y]);

test.each([
  ['none', [], []],
  ['one, wherever it is', [monitor(-300, 70, 1920, 1080)], [[0, 0]]],
  [
    'two side by side',
    [monitor(0, 0, 1920, 1080), monitor(1920, 0, 1280, 1024)],
    [
      [0, 0],
      [1920, 0],
    ],
  ],
  [
    'the right one is told first',
    [monitor(1920, 100, 800, 600), monitor(0, 0, 1920, 1080)],
    [
      [1920, 100],
      [0, 0],
    ],
  ],
  [
    'a scaled one left of another',
    [monitor(0, 0, 3840, 2160, 2), monitor(1920, 0, 1920, 1080)],
    [
      [0, 0],
      [3840, 0],
    ],
  ],
  [
    'both scaled by 1.5',
    [monitor(0, 0, 1920, 1080, 1.5), monitor(1280, 0, 1920, 1080, 1.5)],
    [
      [0, 0],
      [1920, 0],
    ],
  ],
  [
    'one above another',
    [monitor(0, 0, 1920, 1080, 1.25), monitor(100, 864, 1000, 800)],
    [
      [0, 0],
      [100, 1080],
    ],
  ],
  [
    'apart',
    [monitor(0, 0, 100, 100), monitor(150, 0, 200, 100, 2)],
    [
      [0, 0],
      [200, 0],
    ],
  ],
  [
    'mirrors',
    [monitor(0, 0, 640, 480), monitor(0, 0, 640, 480)],
    [
      [0, 0],
      [0, 0],
    ],
  ],
] as const)('%s', (_, items, places) => {
  expect(placesOf(...items)).toEqual(places);
});

test('monitors that do not overlap do not overlap in pixels', () => {
  const any = fc.record({
    column: fc.integer({ min: -2, max: 3 }),
    row: fc.integer({ min: -2, max: 3 }),
    scale: fc.constantFrom(1, 1.25, 1.5, 1.75, 2, 3),
  });
  fc.assert(
    fc.property(fc.uniqueArray(any, { maxLength: 6, selector: ({ column, row }) => `${column},${row}` }), chosen => {
      // Logical cells of 1000x800 that touch.
      const items = chosen.map(({ column, row, scale }) => ({
        logical: { x: column * 1000, y: row * 800, width: 1000, height: 800 },
        size: { width: Math.round(1000 * scale), height: Math.round(800 * scale) },
      }));
      const places = arrange(items);
      for (const [index, a] of places.entries()) {
        expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(0);
        for (const b of places.slice(index + 1)) expect(overlaps(a, b)).toBe(false);
      }
    }),
  );
});
