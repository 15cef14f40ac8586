import type { Rectangle, Size } from '../core/rectangle.js';
import type { Banner } from './banner.js';

export type PictureScale = 'fit' | number;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How a picture is viewed. */
export interface View {
  readonly scale: PictureScale;
  /** Offset of the window in a scaled picture larger than the window: pixels hidden to the left and above. */
  readonly pan: Point;
  readonly banner: Banner | null;
}

/**
 * The picture's rectangle in a window: centred, aspect kept. At a fixed scale it may be larger than the window; `pan`
 * then selects the visible part.
 */
export function place(picture: Size, window: Size, { scale, pan }: Pick<View, 'scale' | 'pan'>): Rectangle {
  const { width, height } = scaled(picture, window, scale);
  return { x: along(pan.x, width, window.width), y: along(pan.y, height, window.height), width, height };
}

/** The pan after moving right and down, clamped to the picture. */
export function panned(picture: Size, window: Size, { scale, pan }: Pick<View, 'scale' | 'pan'>, by: Point): Point {
  const { width, height } = scaled(picture, window, scale);
  const moved = (from: number, step: number, hidden: number) => bounded(bounded(from, hidden) + step, hidden);
  return { x: moved(pan.x, by.x, width - window.width), y: moved(pan.y, by.y, height - window.height) };
}

/** The pan at another scale that keeps the centre of the window in place. */
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

/** The size of a new window: the scaled picture's, or the largest that fits the screen. */
export function windowSize(picture: Size, screen: Size, scale: PictureScale): Size {
  const wanted = scale === 'fit' ? picture : { width: picture.width * scale, height: picture.height * scale };
  if (wanted.width <= screen.width && wanted.height <= screen.height) return wanted;
  if (scale === 'fit') return scaled(picture, screen, 'fit');
  return { width: Math.min(wanted.width, screen.width), height: Math.min(wanted.height, screen.height) };
}

/** The nearest position at which a window is inside an area. */
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
  // Compared by multiplication: a window of exactly the picture's aspect must not lose a pixel to rounding.
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
