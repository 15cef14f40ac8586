import type { Rectangle, Size } from '../core/rectangle.js';
import type { Banner } from './banner.js';

export type PictureScale = 'fit' | number;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How a picture is looked at. */
export interface View {
  readonly scale: PictureScale;
  /** How much of the scaled picture is left of its window and above it, where the window cannot show all of it: pixels. */
  readonly pan: Point;
  readonly banner: Banner | null;
}

/**
 * Where the picture lies in a window of some size, its aspect kept: in the middle. A fixed scale may make it larger than the
 * window: then the window shows a part of it, and `pan` says which.
 */
export function place(picture: Size, window: Size, { scale, pan }: Pick<View, 'scale' | 'pan'>): Rectangle {
  const { width, height } = scaled(picture, window, scale);
  return { x: along(pan.x, width, window.width), y: along(pan.y, height, window.height), width, height };
}

/** The pan after a move by so many pixels to the right and down, as far as there is more to see. */
export function panned(picture: Size, window: Size, { scale, pan }: Pick<View, 'scale' | 'pan'>, by: Point): Point {
  const { width, height } = scaled(picture, window, scale);
  const moved = (from: number, step: number, hidden: number) => bounded(bounded(from, hidden) + step, hidden);
  return { x: moved(pan.x, by.x, width - window.width), y: moved(pan.y, by.y, height - window.height) };
}

/** The pan at another scale that keeps what is in the middle of the window there. */
export function zoomed(picture: Size, window: Size, from: Pick<View, 'scale' | 'pan'>, scale: PictureScale): Point {
  const before = place(picture, window, from);
  const after = scaled(picture, window, scale);
  const kept = (at: number, length: number, now: number, side: number) =>
    bounded(Math.round(((side / 2 - at) / length) * now - side / 2), now - side);
  return {
    x: kept(before.x, before.width, after.width, window.width),
    y: kept(before.y, before.height, after.height, window.height),
  };
}

/** The size of a new window: the picture's at its scale, where that does not fit the screen the largest that does. */
export function windowSize(picture: Size, screen: Size, scale: PictureScale): Size {
  const wanted = scale === 'fit' ? picture : { width: picture.width * scale, height: picture.height * scale };
  if (wanted.width <= screen.width && wanted.height <= screen.height) return wanted;
  if (scale === 'fit') return scaled(picture, screen, 'fit');
  return { width: Math.min(wanted.width, screen.width), height: Math.min(wanted.height, screen.height) };
}

/** Where a window of a size lies so that it is inside of an area, moved as little as possible. */
export function movedInside(window: Rectangle, room: Rectangle): Point {
  const along = (at: number, length: number, start: number, side: number) =>
    Math.max(start, Math.min(at, start + side - length));
  return {
    x: along(window.x, window.width, room.x, room.width),
    y: along(window.y, window.height, room.y, room.height),
  };
}

function scaled(picture: Size, window: Size, scale: PictureScale): Size {
  if (scale !== 'fit') return { width: picture.width * scale, height: picture.height * scale };
  // Compared by multiplication: a window of exactly the picture's shape must not lose a pixel to a fraction.
  const wide = window.width * picture.height > window.height * picture.width;
  const width = wide ? Math.round((window.height * picture.width) / picture.height) : window.width;
  const height = wide ? window.height : Math.round((window.width * picture.height) / picture.width);
  return { width: Math.max(1, width), height: Math.max(1, height) };
}

function along(pan: number, picture: number, window: number): number {
  return picture > window ? 0 - bounded(pan, picture - window) : Math.floor((window - picture) / 2);
}

function bounded(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}
