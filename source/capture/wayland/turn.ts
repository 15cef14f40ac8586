import type { Rectangle, Size } from '../../core/rectangle.js';

/** How to turn a captured buffer upright: first swap x and y if necessary, then mirror columns and rows. */
export interface Turn {
  readonly swaps: boolean;
  readonly mirrorsX: boolean;
  readonly mirrorsY: boolean;
  /** For people; empty if nothing is turned. */
  readonly name: string;
}

function turn(swaps: boolean, mirrorsX: boolean, mirrorsY: boolean, name: string): Turn {
  return { swaps, mirrorsX, mirrorsY, name };
}

const UPRIGHT = turn(false, false, false, '');

/** By wl_output.transform, the rotation of the monitor: the picture is rotated back. */
const BY_TRANSFORM: readonly Turn[] = [
  UPRIGHT,
  turn(true, true, false, 'rotated 90°'),
  turn(false, true, true, 'rotated 180°'),
  turn(true, false, true, 'rotated 270°'),
  turn(false, true, false, 'mirrored'),
  turn(true, false, false, 'mirrored and rotated 90°'),
  turn(false, false, true, 'mirrored and rotated 180°'),
  turn(true, true, true, 'mirrored and rotated 270°'),
];

/** The turn for a wl_output.transform. */
export function turnOf(transform: number): Turn {
  return BY_TRANSFORM[transform] ?? UPRIGHT;
}

/** The same for a buffer whose rows run from the bottom. */
export function invertedTurn(of: Turn): Turn {
  return of.swaps ? { ...of, mirrorsX: !of.mirrorsX } : { ...of, mirrorsY: !of.mirrorsY };
}

export function isUpright({ swaps, mirrorsX, mirrorsY }: Turn): boolean {
  return !swaps && !mirrorsX && !mirrorsY;
}

export function turnedSize({ swaps }: Turn, { width, height }: Size): Size {
  return swaps ? { width: height, height: width } : { width, height };
}

/** Where a rectangle of a buffer is in the picture. @param buffer the buffer's size */
export function turned(by: Turn, rectangle: Rectangle, buffer: Size): Rectangle {
  const { x, y, width, height } = by.swaps
    ? { x: rectangle.y, y: rectangle.x, width: rectangle.height, height: rectangle.width }
    : rectangle;
  return mirrored(by, { x, y, width, height }, turnedSize(by, buffer));
}

/** The reverse: where a rectangle of the picture is in the buffer. @param buffer the buffer's size */
export function turnedBack(by: Turn, rectangle: Rectangle, buffer: Size): Rectangle {
  const { x, y, width, height } = mirrored(by, rectangle, turnedSize(by, buffer));
  return by.swaps ? { x: y, y: x, width: height, height: width } : { x, y, width, height };
}

/** Where the pixel at a place of the buffer is in the picture. @param buffer the buffer's size */
export function turnedPoint(by: Turn, x: number, y: number, buffer: Size): { readonly x: number; readonly y: number } {
  const place = turned(by, { x, y, width: 1, height: 1 }, buffer);
  return { x: place.x, y: place.y };
}

function mirrored({ mirrorsX, mirrorsY }: Turn, { x, y, width, height }: Rectangle, within: Size): Rectangle {
  return {
    x: mirrorsX ? within.width - x - width : x,
    y: mirrorsY ? within.height - y - height : y,
    width,
    height,
  };
}

/** Pixels are turned in bands of so many rows, which stay in the processor's cache. */
const BAND = 32;

/**
 * Copies pixels of 4 bytes, turned.
 *
 * @param from packed rows of `width` x `height` pixels
 * @param to the whole target, `stride` pixels a row
 * @param place of the turned rectangle's top left pixel in the target, as an index
 */
export function copyTurned(
  by: Turn,
  from: Uint32Array,
  { width, height }: Size,
  to: Uint32Array,
  place: number,
  stride: number,
): void {
  const size = turnedSize(by, { width, height });
  // The target's distances between neighbours in a column and in a row, and the position of the first pixel.
  const across = by.mirrorsX ? -1 : 1;
  const down = by.mirrorsY ? -stride : stride;
  const [stepX, stepY] = by.swaps ? [down, across] : [across, down];
  const first = place + (by.mirrorsX ? size.width - 1 : 0) + (by.mirrorsY ? (size.height - 1) * stride : 0);
  for (let top = 0; top < height; top += BAND) {
    const bottom = Math.min(top + BAND, height);
    for (let x = 0; x < width; x++) {
      let source = top * width + x;
      let target = first + x * stepX + top * stepY;
      for (let y = top; y < bottom; y++, source += width, target += stepY) to[target] = from[source]!;
    }
  }
}
