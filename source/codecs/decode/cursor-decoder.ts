import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { ENCODING, PSEUDO_ENCODING, RFB_LIMITS } from '../../protocols/rfb/constants.js';
import type { WireColours } from './wire-colours.js';

/** A cursor image: RGBA with premultiplied alpha, rows from the top. With no pixels the cursor is invisible. */
export interface CursorImage extends Size {
  readonly rgba: Uint8Array;
  readonly hotspotX: number;
  readonly hotspotY: number;
}

const RGB_BYTES = 3;
const RGBA_BYTES = 4;
/** The encoding number before the pixels of a cursor with alpha. */
const ENCODING_BYTES = 4;

export type CursorEncoding =
  | typeof PSEUDO_ENCODING.cursor
  | typeof PSEUDO_ENCODING.xCursor
  | typeof PSEUDO_ENCODING.cursorWithAlpha;

/**
 * Reads a cursor image (RFC 6143, 7.8.1; rfbproto.rst, X Cursor and Cursor With Alpha). The rectangle's position is the
 * hotspot, its size is the image's; check it with `isDrawn` first. Undefined: more bytes are needed.
 * @throws PeerglassError E_RFB_DECODE
 */
export function readCursor(
  reader: ByteReader,
  encoding: CursorEncoding,
  rectangle: Rectangle,
  colours: WireColours,
): CursorImage | undefined {
  return reader.attempt(() => {
    switch (encoding) {
      case PSEUDO_ENCODING.cursor:
        return image(rectangle, masked(reader, rectangle, colours));
      case PSEUDO_ENCODING.xCursor:
        return image(rectangle, twoColoured(reader, rectangle));
      case PSEUDO_ENCODING.cursorWithAlpha:
        return image(rectangle, withAlpha(reader, rectangle));
    }
  });
}

/** Whether a cursor of this size is drawn. A larger one is skipped: `cursorBytes` gives its length. */
export function isDrawn({ width, height }: Size): boolean {
  return width <= RFB_LIMITS.cursorSide && height <= RFB_LIMITS.cursorSide;
}

/** The number of bytes after the rectangle's header. */
export function cursorBytes(encoding: CursorEncoding, { width, height }: Size, { pixel }: WireColours): number {
  if (encoding === PSEUDO_ENCODING.cursorWithAlpha) return ENCODING_BYTES + width * height * RGBA_BYTES;
  const mask = maskBytes(width) * height;
  if (encoding === PSEUDO_ENCODING.cursor) return width * height * pixel.size + mask;
  return mask === 0 ? 0 : 2 * (RGB_BYTES + mask);
}

/** The image of an invisible cursor. */
export const NO_CURSOR: CursorImage = { width: 0, height: 0, hotspotX: 0, hotspotY: 0, rgba: new Uint8Array(0) };

function image({ x, y, width, height }: Rectangle, rgba: Uint8Array): CursorImage {
  return { width, height, hotspotX: x, hotspotY: y, rgba };
}

/** PIXELs, then a mask with one bit per pixel, each row padded to whole bytes. */
function masked(reader: ByteReader, { width, height }: Size, colours: WireColours): Uint8Array {
  const { size } = colours.pixel;
  const pixels = reader.bytes(width * height * size);
  const mask = reader.bytes(maskBytes(width) * height);
  return paint(width, height, mask, (x, y) => colours.read(colours.pixel, pixels, (y * width + x) * size));
}

/** The colours for one and zero bits, then a bitmap and a mask; no bytes at all if the image has no pixels. */
function twoColoured(reader: ByteReader, { width, height }: Size): Uint8Array {
  if (width === 0 || height === 0) return new Uint8Array(0);
  const primary = reader.uint(RGB_BYTES);
  const secondary = reader.uint(RGB_BYTES);
  const bitmap = reader.bytes(maskBytes(width) * height);
  const mask = reader.bytes(maskBytes(width) * height);
  return paint(width, height, mask, (x, y) => (bit(bitmap, width, x, y) ? primary : secondary));
}

/** An encoding number, then premultiplied RGBA in that encoding. Servers send Raw, whatever else the viewer offers. */
function withAlpha(reader: ByteReader, { width, height }: Size): Uint8Array {
  const encoding = reader.s32();
  if (encoding !== ENCODING.raw) {
    throw new PeerglassError(
      'E_RFB_DECODE',
      `The sharer sent a cursor in encoding ${encoding}, which peerglass does not support.`,
    );
  }
  return Uint8Array.from(reader.bytes(width * height * RGBA_BYTES));
}

/** @param colourOf a pixel as 0xRRGGBB; called only where the mask is set */
function paint(
  width: number,
  height: number,
  mask: Uint8Array,
  colourOf: (x: number, y: number) => number,
): Uint8Array {
  const rgba = new Uint8Array(width * height * RGBA_BYTES);
  const view = new DataView(rgba.buffer);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (bit(mask, width, x, y)) view.setUint32((y * width + x) * RGBA_BYTES, ((colourOf(x, y) << 8) | 0xff) >>> 0);
    }
  }
  return rgba;
}

function maskBytes(width: number): number {
  return Math.ceil(width / 8);
}

function bit(bytes: Uint8Array, width: number, x: number, y: number): boolean {
  return (bytes[y * maskBytes(width) + (x >> 3)]! & (0x80 >> (x & 7))) !== 0;
}
