import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, overlaps, type Rectangle } from '../../source/core/rectangle.js';
import { mergeRectangles } from '../../source/pixels/merge-rectangles.js';
import { changeClusters } from '../../source/pixels/scroll.js';

const CELL = 64;

/** At most one rectangle in each cell of a grid. */
const inCells = fc
  .array(
    fc.record({
      column: fc.nat(11),
      row: fc.nat(11),
      x: fc.nat(CELL - 1),
      y: fc.nat(CELL - 1),
      width: fc.integer({ min: 1, max: CELL }),
      height: fc.integer({ min: 1, max: CELL }),
    }),
    { maxLength: 80 },
  )
  .map(all => {
    const cells = new Map<number, Rectangle>();
    for (const { column, row, x, y, width, height } of all) {
      cells.set(row * 100 + column, {
        x: column * CELL + x,
        y: row * CELL + y,
        width: Math.min(width, CELL - x),
        height: Math.min(height, CELL - y),
      });
    }
    return [...cells.values()];
  });

describe('mergeRectangles', () => {
  it('gives disjoint rectangles that hold the given ones, no more than requested', () => {
    fc.assert(
      fc.property(inCells, fc.constantFrom(12, 30, 200), (rectangles, most) => {
        const merged = mergeRectangles(rectangles, CELL, most);
        expect(merged.length).toBeLessThanOrEqual(Math.min(most, rectangles.length));
        for (const each of rectangles) expect(merged.some(outer => contains(outer, each))).toBe(true);
        for (const [i, a] of merged.entries()) for (const b of merged.slice(i + 1)) expect(overlaps(a, b)).toBe(false);
      }),
    );
  });
});

describe('changeClusters', () => {
  it('joins what lies in neighbouring tiles and nothing else', () => {
    const at = (x: number, y: number) => ({ x, y, width: 3, height: 3, pixels: 9, cost: 9 });
    const clusters = changeClusters([at(10, 10), at(70, 70), at(20, 300), at(1000, 10), at(1000, 40)]);
    expect(clusters).toEqual([
      { x: 10, y: 10, width: 63, height: 63 },
      { x: 20, y: 300, width: 3, height: 3 },
      { x: 1000, y: 10, width: 3, height: 33 },
    ]);
  });
});
