export interface BestRectangle {
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
  readonly sum: number;
}

/**
 * The rectangle of a table with the greatest sum: for every pair of top and bottom rows, the best run of columns is
 * found in one walk (Kadane).
 * @returns null when no value is positive
 */
export function bestRectangle(values: ArrayLike<number>, columns: number, rows: number): BestRectangle | null {
  let best: BestRectangle | null = null;
  const sums = new Float64Array(columns);
  for (let top = 0; top < rows; top++) {
    sums.fill(0);
    for (let bottom = top; bottom < rows; bottom++) {
      let sum = 0;
      let start = 0;
      for (let column = 0; column < columns; column++) {
        sums[column]! += values[bottom * columns + column]!;
        if (sum <= 0) {
          sum = 0;
          start = column;
        }
        sum += sums[column]!;
        if (sum > (best?.sum ?? 0)) {
          best = { column: start, row: top, columns: column + 1 - start, rows: bottom + 1 - top, sum };
        }
      }
    }
  }
  return best;
}

/**
 * The start with the greatest sum of all values from there; the last among equals.
 * @returns 0 to values.length
 */
export function bestStart(values: readonly number[]): number {
  let best = values.length;
  let most = 0;
  let sum = 0;
  for (let i = values.length - 1; i >= 0; i--) {
    sum += values[i]!;
    if (sum > most) {
      most = sum;
      best = i;
    }
  }
  return best;
}
