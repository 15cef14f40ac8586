/**
 * A pixel's layout in bytes, as rfb's PIXEL_FORMAT (RFC 6143, 7.4): a channel's value is (pixel >> shift) & max.
 * Without true colour a pixel is an index into a colour map.
 */
export interface PixelFormat {
  readonly bitsPerPixel: 8 | 16 | 32;
  /** Useful bits, 1 to bitsPerPixel. */
  readonly depth: number;
  readonly bigEndian: boolean;
  readonly trueColour: boolean;
  /** Each 2^n - 1. */
  readonly redMax: number;
  readonly greenMax: number;
  readonly blueMax: number;
  readonly redShift: number;
  readonly greenShift: number;
  readonly blueShift: number;
}

/** The framebuffers' own format, bytes B, G, R, X. */
export const BGRX: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  trueColour: true,
  redMax: 255,
  greenMax: 255,
  blueMax: 255,
  redShift: 16,
  greenShift: 8,
  blueShift: 0,
};

/** Eight bits BBGGGRRR, blue at the top: sent to a client with a colour map. */
export const BGR233: PixelFormat = {
  bitsPerPixel: 8,
  depth: 8,
  bigEndian: false,
  trueColour: true,
  redMax: 7,
  greenMax: 7,
  blueMax: 3,
  redShift: 0,
  greenShift: 3,
  blueShift: 6,
};

/** A key that is equal for formats with equal bytes. */
export function pixelFormatKey(format: PixelFormat): string {
  const { bitsPerPixel, redMax, greenMax, blueMax, redShift, greenShift, blueShift } = format;
  const endian = bitsPerPixel === 8 ? '' : format.bigEndian ? 'be' : 'le';
  const depth = format.depth === 24 ? 24 : bitsPerPixel;
  if (!format.trueColour) return `map${bitsPerPixel}${endian}`;
  return `${bitsPerPixel}${endian}/${depth}/${redMax}.${greenMax}.${blueMax}/${redShift}.${greenShift}.${blueShift}`;
}
