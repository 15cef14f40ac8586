import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coalesce } from '../../source/capture/pixel-reading.js';
import { area, contains, type Rectangle } from '../../source/core/rectangle.js';

const rectangle: fc.Arbitrary<Rectangle> = fc.record({
  x: fc.nat(1900),
  y: fc.nat(1000),
  width: fc.integer({ min: 1, max: 300 }),
  height: fc.integer({ min: 1, max: 300 }),
});
const sum = (rectangles: readonly Rectangle[]) => rectangles.reduce((total, each) => total + area(each), 0);

test('everything stays covered, by no more rectangles than before', () => {
  fc.assert(
    fc.property(fc.array(rectangle, { maxLength: 400 }), rectangles => {
      const merged = coalesce(rectangles);
      expect(merged.length).toBeLessThanOrEqual(Math.min(rectangles.length, 128));
      for (const each of rectangles) expect(merged.some(whole => contains(whole, each))).toBe(true);
    }),
  );
});

test('each rectangle saved costs less than a read', () => {
  fc.assert(
    fc.property(fc.array(rectangle, { maxLength: 128 }), rectangles => {
      const merged = coalesce(rectangles);
      expect(sum(merged)).toBeLessThanOrEqual(sum(rectangles) + 4096 * (rectangles.length - merged.length));
    }),
  );
});

test('lines of text become one rectangle, far corners stay two', () => {
  const lines = Array.from({ length: 5 }, (_, row) => ({ x: 10, y: 100 + row * 18, width: 400 + row * 7, height: 16 }));
  expect(coalesce(lines)).toEqual([{ x: 10, y: 100, width: 428, height: 88 }]);
  const corners = [
    { x: 0, y: 0, width: 10, height: 10 },
    { x: 1900, y: 1000, width: 10, height: 10 },
  ];
  expect(coalesce(corners)).toEqual(corners);
});
