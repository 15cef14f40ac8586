import { BGRX, type PixelFormat } from '../../../core/pixel-format.js';

/**
 * The pixel format to set: as the framebuffer has it, whatever the server announces, since every server can translate. But
 * Intel AMT (banner 4.0) has 8 or 16 bits only, and hangs up when it is asked for more: what a server of that banner
 * announces with so few bits is taken as it is, and more would hold no more colours.
 * @param announced null where it made no sense
 * @param major the first number of the server's banner
 */
export function formatToSet(announced: PixelFormat | null, major: number): PixelFormat {
  return major >= 4 && announced?.trueColour && announced.bitsPerPixel < 32 ? announced : BGRX;
}
