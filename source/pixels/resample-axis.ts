/** The sum of the weights of a result pixel. */
export const UNITY = 256;

/** The source pixels of each result pixel along one axis. */
export interface Axis {
  /** Weights per result pixel. */
  readonly taps: number;
  /** The source pixel of each result pixel's first weight; first + taps never exceeds the source. */
  readonly first: Int32Array;
  /** `taps` per result pixel, adding up to UNITY. */
  readonly weights: Uint16Array;
  /** The range of result pixels (end exclusive) that depends on source pixels from..to. */
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
    // Pulled back at the end, so that no window exceeds the source.
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

/** The least of 0..count that satisfies a monotonic rule. */
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

/** Downscaling: each source pixel's share of the result pixel's area. Upscaling: the two nearest, by distance. */
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

/** Integer weights that add up to UNITY exactly; zeros at the ends are dropped. */
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
