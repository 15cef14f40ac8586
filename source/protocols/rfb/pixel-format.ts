import { PeerglassError } from '../../core/errors.js';
import type { PixelFormat } from '../../core/pixel-format.js';

/** Bytes of a PIXEL_FORMAT on the wire (RFC 6143, 7.4): ten fields and three bytes of padding. */
export const PIXEL_FORMAT_LENGTH = 16;

/**
 * Reads a peer's PIXEL_FORMAT from its 16 bytes and validates every field: each maximum is 2^n - 1 and not zero, each
 * channel lies inside the pixel, no two channels overlap. The maxima and shifts of a colour-map format have no meaning
 * and are read as zero. A depth outside 1 to bits per pixel is clamped, because several viewers send 32 or 0.
 * @throws PeerglassError E_RFB_PROTOCOL
 */
export function readPixelFormat(bytes: Uint8Array): PixelFormat {
  const format = parse(bytes);
  if (typeof format !== 'string') return format;
  throw new PeerglassError('E_RFB_PROTOCOL', `The peer asked for a pixel format with ${format}.`);
}

/**
 * The PIXEL_FORMAT that a server announces, from its 16 bytes, or null if it is invalid. An invalid one is not an
 * error: the viewer sets its own format before the first pixel arrives.
 */
export function announcedPixelFormat(bytes: Uint8Array): PixelFormat | null {
  const format = parse(bytes);
  return typeof format === 'string' ? null : format;
}

/** The format, or a description of the fault. */
function parse(bytes: Uint8Array): PixelFormat | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PIXEL_FORMAT_LENGTH);
  const bitsPerPixel = view.getUint8(0);
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) {
    return `${bitsPerPixel} bits per pixel`;
  }
  const depth = Math.min(view.getUint8(1) || bitsPerPixel, bitsPerPixel);
  const bigEndian = view.getUint8(2) !== 0;
  if (view.getUint8(3) === 0) {
    return {
      ...{ bitsPerPixel, depth, bigEndian, trueColour: false },
      ...{ redMax: 0, greenMax: 0, blueMax: 0, redShift: 0, greenShift: 0, blueShift: 0 },
    };
  }
  const [redMax, greenMax, blueMax] = [view.getUint16(4), view.getUint16(6), view.getUint16(8)];
  const [redShift, greenShift, blueShift] = [view.getUint8(10), view.getUint8(11), view.getUint8(12)];
  const fault =
    channelFault('red', redMax, redShift, bitsPerPixel) ??
    channelFault('green', greenMax, greenShift, bitsPerPixel) ??
    channelFault('blue', blueMax, blueShift, bitsPerPixel);
  if (fault !== null) return fault;
  const [red, green, blue] = [redMax << redShift, greenMax << greenShift, blueMax << blueShift];
  if (red & green || green & blue || red & blue) return 'channels that overlap';
  return {
    bitsPerPixel,
    depth,
    bigEndian,
    trueColour: true,
    redMax,
    greenMax,
    blueMax,
    redShift,
    greenShift,
    blueShift,
  };
}

/** @returns the 16 bytes of a PIXEL_FORMAT, padding zeroed */
export function writePixelFormat(format: PixelFormat): Uint8Array {
  const bytes = new Uint8Array(PIXEL_FORMAT_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, format.bitsPerPixel);
  view.setUint8(1, format.depth);
  view.setUint8(2, format.bigEndian ? 1 : 0);
  view.setUint8(3, format.trueColour ? 1 : 0);
  view.setUint16(4, format.redMax);
  view.setUint16(6, format.greenMax);
  view.setUint16(8, format.blueMax);
  view.setUint8(10, format.redShift);
  view.setUint8(11, format.greenShift);
  view.setUint8(12, format.blueShift);
  return bytes;
}

function channelFault(name: string, max: number, shift: number, bitsPerPixel: number): string | null {
  if (max === 0 || (max & (max + 1)) !== 0) return `a ${name} maximum of ${max}`;
  return shift + Math.log2(max + 1) > bitsPerPixel ? `a ${name} channel outside of the pixel` : null;
}
