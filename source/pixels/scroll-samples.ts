import { area, type Rectangle } from '../core/rectangle.js';

/** A part of a picture to search for anchors: every `step`th row. */
export interface Sample extends Rectangle {
  readonly step: 1 | 2;
}

/** Where to search in the previous and in the current picture. */
export interface Samples {
  readonly before: readonly Sample[];
  readonly now: readonly Sample[];
}

/** Larger areas are searched in part, or in steps. */
export const LARGE = 300_000;
const COUNT = 4;
const SIDE = 80;
/** The share of a picture that is searched, and the least that pays. */
const SHARE = 1 / 3;
const MIN_BAND = 96;

/** Everything. */
export function everything(cluster: Rectangle): Samples {
  const all = [{ ...cluster, step: 1 as const }];
  return { before: all, now: all };
}

/** Strips over the full height: vertical movement stays inside its strip. */
export function verticalSamples(cluster: Rectangle, index: number): Samples {
  const { x, y, width, height } = cluster;
  if (area(cluster) <= LARGE || width <= COUNT * SIDE) return everything(cluster);
  const strips = starts(x, width, SIDE, index).map(start => ({ x: start, y, width: SIDE, height }));
  return everySecondRow(strips, strips.flatMap(bands));
}

/** Bands over the full width: horizontal movement stays inside its band. */
export function horizontalSamples(cluster: Rectangle, index: number): Samples {
  const { x, y, width, height } = cluster;
  if (area(cluster) <= LARGE || height <= COUNT * SIDE) return everything(cluster);
  const all = starts(y, height, SIDE, index).map(start => ({ x, y: start, width, height: SIDE, step: 1 as const }));
  return { before: all, now: all };
}

/** All of the previous picture and bands of the current one: some of any movement is found. */
export function thoroughSamples(cluster: Rectangle): Samples {
  return area(cluster) <= LARGE ? everything(cluster) : everySecondRow([cluster], bands(cluster));
}

/**
 * Searches every second row of the previous picture, and first the even, then the odd rows of the current one: one of
 * the two fits, whatever the movement.
 */
function everySecondRow(before: readonly Rectangle[], now: readonly Rectangle[]): Samples {
  const odd = (each: Rectangle) => ({ ...each, y: each.y + 1, height: each.height - 1 });
  return {
    before: before.map(each => ({ ...each, step: 2 })),
    now: [...now, ...now.map(odd)].map(each => ({ ...each, step: 2 })),
  };
}

function bands(rectangle: Rectangle): Rectangle[] {
  const { y, height } = rectangle;
  const each = Math.max(Math.ceil((height * SHARE) / COUNT), MIN_BAND);
  if (each * COUNT >= height) return [rectangle];
  return starts(y, height, each, 0).map(start => ({ ...rectangle, y: start, height: each }));
}

/**
 * Where each part is sampled inside its share of the whole: at another place in each part and cluster, so that the same
 * picture twice side by side (two monitors, two windows) is not sampled twice at the same place, where all anchors
 * would be ambiguous.
 */
const PLACES = [0.5, 0.2, 0.8, 0.35] as const;

/** Where parts of a length begin, one in each of equal shares of the whole. @param index of the cluster */
function starts(from: number, length: number, part: number, index: number): number[] {
  const share = length / COUNT;
  return PLACES.map((_, i) => Math.floor(from + share * i + (share - part) * PLACES[(i + index) % COUNT]!));
}
