import type { Size } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { emptyPixels, loadPicture, type Pixels, tile, view } from '../pictures.js';

export const CONTENTS = ['page', 'log', 'photo', 'blank'] as const;
export type Content = (typeof CONTENTS)[number];

/** A picture of the bench's fixtures, brought to a size. */
export function contentOf(content: Content, size: Size): Pixels {
  const picture = emptyPixels(size, 0xfdfcf8);
  if (content === 'photo') view(loadPicture('photo.jpg'), 0, 0, 1, picture);
  else if (content !== 'blank') tile(loadPicture(`${content}.png`), picture);
  return picture;
}

export function paint(picture: Pixels, framebuffer: Framebuffer): void {
  const { memory, pointer, width, height } = framebuffer;
  new Uint32Array(memory.memory.buffer, pointer, width * height).set(picture.pixels);
}
