import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestRectangle, bestStart } from '../../source/pixels/best-rectangle.js';

const value = fc.integer({ min: -9, max: 9 });

function sumOf(values: readonly number[], columns: number, [x, y, endX, endY]: readonly number[]): number {
  let sum = 0;
  for (let row = y!; row < endY!; row++)
    for (let column = x!; column < endX!; column++) sum += values[row * columns + column]!;
  return sum;
}

describe('bestRectangle', () => {
  it('has the greatest sum of all', () => {
    const table = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
      .chain(([columns, rows]) =>
        fc
          .array(value, { minLength: columns * rows, maxLength: columns * rows })
          .map(values => ({ columns, rows, values })),
      );
    fc.assert(
      fc.property(table, ({ columns, rows, values }) => {
        let most = 0;
        for (let y = 0; y < rows; y++) {
          for (let x = 0; x < columns; x++) {
            for (let endY = y + 1; endY <= rows; endY++) {
              for (let endX = x + 1; endX <= columns; endX++)
                most = Math.max(most, sumOf(values, columns, [x, y, endX, endY]));
            }
          }
        }
        const best = bestRectangle(values, columns, rows);
        expect(best?.sum ?? 0).toBe(most);
        if (best === null) return;
        const edges = [best.column, best.row, best.column + best.columns, best.row + best.rows];
        expect(sumOf(values, columns, edges)).toBe(most);
      }),
    );
  });
});

describe('bestStart', () => {
  it('begins where the sum to the end is greatest, as late as it can', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), values => {
        const sums = Array.from({ length: values.length + 1 }, (_, i) => values.slice(i).reduce((a, b) => a + b, 0));
        expect(bestStart(values)).toBe(sums.lastIndexOf(Math.max(...sums)));
      }),
    );
  });
});
