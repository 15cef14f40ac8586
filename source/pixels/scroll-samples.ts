import { area, type Rectangle } from '../core/rectangle.js';

/** A part of a picture to look for anchors in: every `step`th row of it. */
export interface Sample extends Rectangle {
  readonly step: 1 | 2;
}

/** Where to look in the picture before and in the picture now. */
export interface Samples {
  readonly before: readonly Sample[];
  readonly now: readonly Sample[];
}

/** Areas larger than this are not looked at all over, or not at once. */
export const LARGE = 300_000;
const COUNT = 4;
const SIDE = 80;
/** Of a picture in which only a part is looked at, that part, and the least that is worth it. */
const SHARE = 1 / 3;
const MIN_BAND = 96;

/** All there is. */
export function everything(cluster: Rectangle): Samples {
  const all = [{ ...cluster, step: 1 as const }];
  return { before: all, now: all };
}

/** Strips over the whole height: what moves up or down stays in its strip. */
export function verticalSamples(cluster: Rectangle, index: number): Samples {
  const { x, y, width, height } = cluster;
  if (area(cluster) <= LARGE || width <= COUNT * SIDE) return everything(cluster);
  const strips = starts(x, width, SIDE, index).map(start => ({ x: start, y, width: SIDE, height }));
  return everySecondRow(strips, strips.flatMap(bands));
}

/** Bands over the whole width: what moves sideways stays in its band. */
export function horizontalSamples(cluster: Rectangle, index: number): Samples {
  const { x, y, width, height } = cluster;
  if (area(cluster) <= LARGE || height <= COUNT * SIDE) return everything(cluster);
  const all = starts(y, height, SIDE, index).map(start => ({ x, y: start, width, height: SIDE, step: 1 as const }));
  return { before: all, now: all };
}

/** Everything before, and bands of now: whatever way it moves, some of it is found. */
export function thoroughSamples(cluster: Rectangle): Samples {
  return area(cluster) <= LARGE ? everything(cluster) : everySecondRow([cluster], bands(cluster));
}

/**
 * Looks at every second row of the picture before, and of the picture now at the even rows and at the odd ones: one of
 * the two fits, whichever way it moved.
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
 * Where in its share of the whole each part lies: at another place in each, and in each cluster, so that the same picture
 * twice side by side (two monitors, two windows) is not looked at twice in the same place, where nothing would be unlike
 * the rest.
 */
const PLACES = [0.5, 0.2, 0.8, 0.35] as const;

/** Where parts of a length begin, one in each of equal shares of the whole. @param index of the cluster */
function starts(from: number, length: number, part: number, index: number): number[] {
  const share = length / COUNT;
  return PLACES.map((_, i) => Math.floor(from + share * i + (share - part) * PLACES[(i + index) % COUNT]!));
}
