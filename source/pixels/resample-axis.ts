/** Weights of a result pixel add up to this. */
export const UNITY = 256;

/** How each pixel of a result along one axis is made of pixels of the source. */
export interface Axis {
  /** Weights a result pixel has. */
  readonly taps: number;
  /** For each result pixel the source pixel of its first weight; first + taps never exceeds the source. */
  readonly first: Int32Array;
  /** `taps` for each result pixel; they add up to UNITY. */
  readonly weights: Uint16Array;
  /** The result pixels, from and to (exclusive), that depend on source pixels from..to. */
  touchedBy(from: number, to: number): [from: number, to: number];
}

interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

export function resampleAxis(source: number, result: number): Axis {
  const windows = Array.from({ length: result }, (_, i) => quantise(window(i, source, result)));
  const taps = Math.max(...windows.map(each => each.weights.length));
  const first = new Int32Array(result);
  const weights = new Uint16Array(result * taps);
  for (const [i, each] of windows.entries()) {
    // Pulled back at the end, so that no window reaches out of the source.
    first[i] = Math.min(each.first, source - taps);
    weights.set(each.weights, i * taps + each.first - first[i]!);
  }
  return {
    taps,
    first,
    weights,
    touchedBy(from, to) {
      const start = firstWhere(result, i => windows[i]!.first + windows[i]!.weights.length > from);
      const end = firstWhere(result, i => windows[i]!.first >= to);
      return [start, end];
    },
  };
}

/** The least of 0..count for which a rule holds that, once it holds, holds for all that follow. */
function firstWhere(count: number, rule: (i: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rule(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Smaller: the share of each source pixel in the area of the result pixel. Larger: the two nearest, by distance. */
function window(i: number, source: number, result: number): Window {
  const ratio = source / result;
  if (ratio > 1) {
    const start = i * ratio;
    const end = Math.min(start + ratio, source);
    const first = Math.floor(start);
    const last = Math.min(Math.ceil(end), source);
    const shares = Array.from({ length: last - first }, (_, k) => {
      return Math.min(first + k + 1, end) - Math.max(first + k, start);
    });
    return { first, weights: shares.map(share => share / ratio) };
  }
  const centre = Math.min(Math.max((i + 0.5) * ratio - 0.5, 0), source - 1);
  const first = Math.floor(centre);
  const rest = centre - first;
  return rest === 0 ? { first, weights: [1] } : { first, weights: [1 - rest, rest] };
}

/** Whole weights that add up to UNITY exactly; zero ones at the ends are dropped. */
function quantise({ first, weights }: Window): Window {
  let sum = 0;
  let given = 0;
  const whole = weights.map(weight => {
    sum += weight;
    const upTo = Math.round(sum * UNITY);
    const part = upTo - given;
    given = upTo;
    return part;
  });
  whole[whole.length - 1]! += UNITY - given;
  const start = whole.findIndex(weight => weight > 0);
  return { first: first + start, weights: whole.slice(start, whole.findLastIndex(weight => weight > 0) + 1) };
}
