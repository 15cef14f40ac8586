import type { Rectangle, Size } from '../core/rectangle.js';

export type PictureScale = 'fit' | number;

/**
 * Where the picture lies in a window of some size: in the middle, its aspect kept. A fixed scale may make it larger than
 * the window: then its top left corner lies in the window's, and what does not fit is cut.
 */
export function place(picture: Size, window: Size, scale: PictureScale): Rectangle {
  const { width, height } = scaled(picture, window, scale);
  return { x: middle(window.width, width), y: middle(window.height, height), width, height };
}

/** The size of a new window: the picture's at its scale, where that does not fit the screen the largest that does. */
export function windowSize(picture: Size, screen: Size, scale: PictureScale): Size {
  const wanted = scale === 'fit' ? picture : { width: picture.width * scale, height: picture.height * scale };
  if (wanted.width <= screen.width && wanted.height <= screen.height) return wanted;
  if (scale === 'fit') return scaled(picture, screen, 'fit');
  return { width: Math.min(wanted.width, screen.width), height: Math.min(wanted.height, screen.height) };
}

function scaled(picture: Size, window: Size, scale: PictureScale): Size {
  if (scale !== 'fit') return { width: picture.width * scale, height: picture.height * scale };
  // Compared by multiplication: a window of exactly the picture's shape must not lose a pixel to a fraction.
  const wide = window.width * picture.height > window.height * picture.width;
  const width = wide ? Math.round((window.height * picture.width) / picture.height) : window.width;
  const height = wide ? window.height : Math.round((window.width * picture.height) / picture.width);
  return { width: Math.max(1, width), height: Math.max(1, height) };
}

function middle(window: number, picture: number): number {
  return Math.max(0, Math.floor((window - picture) / 2));
}
