import type { XDisplay, XScreen } from 'x11';
import { PeerglassError } from '../../core/errors.js';

/** How a drawable's pixels come out of GetImage: as the framebuffers have them (BGRX), or 16 bits that are widened. */
export type PixelLayout = 'bgrx' | 'rgb565';

/** @throws PeerglassError E_CAPTURE for pixels that cannot be read */
export function pixelLayout(display: XDisplay, screen: XScreen, depth: number): PixelLayout {
  const bits = display.format[depth]?.bits_per_pixel;
  const visual = screen.depths[screen.root_depth]?.[screen.root_visual];
  const masks =
    depth === 32 || !visual ? [0xff0000, 0xff00, 0xff] : [visual.red_mask, visual.green_mask, visual.blue_mask];
  const little = display.image_byte_order === 0;
  if (little && bits === 32 && same(masks, [0xff0000, 0xff00, 0xff])) return 'bgrx';
  if (little && bits === 16 && same(masks, [0xf800, 0x7e0, 0x1f])) return 'rgb565';
  const remedy = 'Run the X server with 24 bits a pixel (DefaultDepth 24), or try --source screenshots.';
  throw new PeerglassError(
    'E_CAPTURE',
    `The screen's pixels have a form that cannot be read (depth ${depth}).`,
    remedy,
  );
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.every((mask, index) => mask === b[index]);
}

export function bytesPerPixel(layout: PixelLayout): number {
  return layout === 'bgrx' ? 4 : 2;
}

/** The length of a row as the server packs it: rows start at multiples of four bytes. */
export function rowBytes(layout: PixelLayout, width: number): number {
  return (width * bytesPerPixel(layout) + 3) & ~3;
}

/**
 * Widens 5-6-5 pixels in packed rows to BGRX, the ends of each range onto each other (31 becomes 255).
 *
 * @param rows padded to multiples of four bytes
 */
export function widen(rows: Buffer, width: number, height: number): Buffer {
  const stride = rowBytes('rgb565', width);
  const wide = Buffer.alloc(width * height * 4);
  let place = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place += 4) {
      const pixel = rows.readUInt16LE(y * stride + x * 2);
      wide[place] = Math.round(((pixel & 0x1f) * 255) / 31);
      wide[place + 1] = Math.round((((pixel >> 5) & 0x3f) * 255) / 63);
      wide[place + 2] = Math.round(((pixel >> 11) * 255) / 31);
    }
  }
  return wide;
}
