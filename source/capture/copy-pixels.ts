import type { Rectangle } from '../core/rectangle.js';
import { BYTES_PER_PIXEL, type Framebuffer } from '../pixels/framebuffer.js';

/**
 * Copies 4-byte pixels from packed rows, `width` pixels each, into a framebuffer.
 *
 * @param from where the pixels lie in the rows
 * @param to where they go: its corner counts, the size is that of `from`
 */
export function copyPixels(
  rows: Buffer,
  width: number,
  from: Rectangle,
  framebuffer: Framebuffer,
  to: { readonly x: number; readonly y: number },
): void {
  const target = framebuffer.bytes();
  const stride = width * BYTES_PER_PIXEL;
  const length = from.width * BYTES_PER_PIXEL;
  let source = from.y * stride + from.x * BYTES_PER_PIXEL;
  let place = to.y * framebuffer.stride + to.x * BYTES_PER_PIXEL;
  if (length === stride && length === framebuffer.stride) {
    rows.copy(target, place, source, source + length * from.height);
    return;
  }
  for (let row = 0; row < from.height; row++) {
    rows.copy(target, place, source, source + length);
    source += stride;
    place += framebuffer.stride;
  }
}
