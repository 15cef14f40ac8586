import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlaps, type Rectangle } from '../../source/core/rectangle.js';
import { Region } from '../../source/pixels/region.js';

const SIDE = 24;
const rectangle: fc.Arbitrary<Rectangle> = fc.record({
  x: fc.nat(SIDE - 1),
  y: fc.nat(SIDE - 1),
  width: fc.nat(SIDE / 2),
  height: fc.nat(SIDE / 2),
});
const step = fc.record({ operation: fc.constantFrom('add', 'subtract', 'intersect'), rectangle });

function pixelsOf(rectangles: readonly Rectangle[]): Set<number> {
  const pixels = new Set<number>();
  for (const { x, y, width, height } of rectangles) {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) pixels.add(row * 1000 + column);
    }
  }
  return pixels;
}

describe('Region', () => {
  it('is the set of pixels that the operations describe', () => {
    fc.assert(
      fc.property(fc.array(rectangle), fc.array(step), (start, steps) => {
        const region = Region.of(start);
        let expected = pixelsOf(start);
        for (const { operation, rectangle: each } of steps) {
          const other = pixelsOf([each]);
          if (operation === 'add') region.add(each);
          else if (operation === 'subtract') region.subtract(each);
          else region.intersect(each);
          if (operation === 'add') for (const pixel of other) expected.add(pixel);
          else expected = new Set([...expected].filter(pixel => other.has(pixel) === (operation === 'intersect')));
        }
        const rectangles = region.rectangles();
        expect(pixelsOf(rectangles)).toEqual(expected);
        expect(region.area).toBe(expected.size);
        expect(region.isEmpty).toBe(expected.size === 0);
        rectangles.forEach((a, i) => {
          for (const b of rectangles.slice(i + 1)) expect(overlaps(a, b)).toBe(false);
        });
      }),
    );
  });

  it('is the same set with many bands, in its canonical form', () => {
    const comb = (side: number): Rectangle[] =>
      Array.from({ length: 40 }, (_, index) => ({ x: (index * 7) % side, y: index * 3, width: 4, height: 2 }));
    const tall: fc.Arbitrary<Rectangle> = fc.record({
      x: fc.integer({ min: -3, max: SIDE }),
      y: fc.integer({ min: -3, max: 125 }),
      width: fc.nat(SIDE),
      height: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(fc.record({ operation: step.map(each => each.operation), rectangle: tall })), steps => {
        const region = Region.of(comb(SIDE));
        let expected = pixelsOf(comb(SIDE));
        for (const { operation, rectangle: each } of steps) {
          const other = pixelsOf([each]);
          region[operation as 'add' | 'subtract' | 'intersect'](each);
          if (operation === 'add') for (const pixel of other) expected.add(pixel);
          else expected = new Set([...expected].filter(pixel => other.has(pixel) === (operation === 'intersect')));
        }
        expect(pixelsOf(region.rectangles())).toEqual(expected);
        expect(Region.of(region.rectangles()).rectangles()).toEqual(region.rectangles());
        expect(region.spans).toBe(Region.of(region.rectangles()).spans);
      }),
    );
  });

  it('becomes its bounds beyond a number of spans, and stays what it is up to that', () => {
    const teeth = Array.from({ length: 20 }, (_, index) => ({ x: 10 + index * 4, y: 5, width: 2, height: 1 + index }));
    const region = Region.of(teeth);
    const before = region.rectangles();
    const { spans } = region;
    expect(region.widenBeyond(spans).rectangles()).toEqual(before);
    expect(region.bounds).toEqual({ x: 10, y: 5, width: 78, height: 20 });
    expect(region.widenBeyond(spans - 1).rectangles()).toEqual([{ x: 10, y: 5, width: 78, height: 20 }]);
    expect(new Region().widenBeyond(0).bounds).toBeNull();
  });

  it('knows which rectangles it covers', () => {
    fc.assert(
      fc.property(fc.array(rectangle), fc.array(rectangle), rectangle, (start, less, asked) => {
        const region = Region.of(start);
        for (const each of less) region.subtract(each);
        const has = pixelsOf(region.rectangles());
        const covered = [...pixelsOf([asked])].every(pixel => has.has(pixel));
        expect(region.covers(asked)).toBe(covered);
        expect(Region.of([asked]).covers(asked)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('has one form for the same pixels', () => {
    const a = Region.of([
      { x: 0, y: 0, width: 10, height: 5 },
      { x: 0, y: 5, width: 10, height: 5 },
    ]);
    const b = Region.of([
      { x: 0, y: 0, width: 5, height: 10 },
      { x: 5, y: 0, width: 5, height: 10 },
    ]);
    expect(a.rectangles()).toEqual([{ x: 0, y: 0, width: 10, height: 10 }]);
    expect(b.rectangles()).toEqual(a.rectangles());
  });

  it('moves, and a copy stays', () => {
    const region = Region.of([{ x: 1, y: 2, width: 3, height: 4 }]);
    const copy = region.copy();
    expect(region.translate(10, -2).rectangles()).toEqual([{ x: 11, y: 0, width: 3, height: 4 }]);
    expect(copy.rectangles()).toEqual([{ x: 1, y: 2, width: 3, height: 4 }]);
  });
});
