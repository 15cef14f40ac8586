import { BGRX, type PixelFormat } from '../../../core/pixel-format.js';

/**
 * The pixel format to set. What a server announces is its own (RFC 6143, 7.3.2): more than its 8 or 16 bits would hold no
 * more colours, only more bytes, and some servers (Intel AMT) have no other and hang up. Everything else, whatever it is,
 * comes as the framebuffer has it.
 * @param announced null where it made no sense
 */
export function formatToSet(announced: PixelFormat | null): PixelFormat {
  return announced?.trueColour && announced.bitsPerPixel < 32 ? announced : BGRX;
}
