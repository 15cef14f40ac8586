import { writeU32 } from '../../core/bytes.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING, PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import { rectangleBytes } from './encode-job.js';
import type { WirePixels } from './wire-pixels.js';

/** A cursor image: RGBA with premultiplied alpha, rows from the top. Width and height 0: invisible. */
export interface CursorPicture {
  readonly width: number;
  readonly height: number;
  readonly hotspotX: number;
  readonly hotspotY: number;
  readonly rgba: Uint8Array;
}

export const INVISIBLE_CURSOR: CursorPicture = {
  width: 0,
  height: 0,
  hotspotX: 0,
  hotspotY: 0,
  rgba: new Uint8Array(0),
};

/** The alpha from which a pixel is drawn if the viewer does not support alpha. */
const OPAQUE = 128;

/** A cursor with alpha (rfbproto.rst, Cursor With Alpha Pseudo-encoding). */
export function encodeCursorWithAlpha(cursor: CursorPicture): Uint8Array {
  const encoding = new Uint8Array(4);
  writeU32(encoding, 0, ENCODING.raw);
  return rectangleBytes(hotspotRectangle(cursor), PSEUDO_ENCODING.cursorWithAlpha, [encoding, cursor.rgba]);
}

/** A cursor as pixels and a bit mask (RFC 6143, 7.8.1). */
export function encodeCursor(cursor: CursorPicture, pixels: WirePixels, memory: PixelMemory): Uint8Array {
  const { width, height, rgba } = cursor;
  const mask = new Uint8Array(Math.ceil(width / 8) * height);
  const bgrx = new Uint8Array(width * height * 4);
  for (let index = 0; index < width * height; index++) {
    const at = index * 4;
    const alpha = rgba[at + 3]!;
    if (alpha < OPAQUE) continue;
    bgrx[at] = straight(rgba[at + 2]!, alpha);
    bgrx[at + 1] = straight(rgba[at + 1]!, alpha);
    bgrx[at + 2] = straight(rgba[at]!, alpha);
    const x = index % width;
    const byte = Math.floor(index / width) * Math.ceil(width / 8) + (x >> 3);
    mask[byte] = mask[byte]! | (0x80 >> (x & 7));
  }
  return rectangleBytes(hotspotRectangle(cursor), PSEUDO_ENCODING.cursor, [
    convert(bgrx, cursor, pixels, memory),
    mask,
  ]);
}

/** A cursor's rectangle: the hotspot takes the place of the position. */
function hotspotRectangle({ hotspotX, hotspotY, width, height }: CursorPicture) {
  return { x: hotspotX, y: hotspotY, width, height };
}

function straight(value: number, alpha: number): number {
  return Math.min(255, Math.round((value * 255) / alpha));
}

function convert(
  bgrx: Uint8Array,
  { width, height }: CursorPicture,
  pixels: WirePixels,
  memory: PixelMemory,
): Uint8Array {
  if (bgrx.length === 0) return bgrx;
  const from = memory.allocate(bgrx.length);
  const to = memory.allocate(bgrx.length);
  memory.bytes(from, bgrx.length).set(bgrx);
  const length = pixels.writePixels(memory.kernels, { pointer: from, stride: width * 4, width, height }, to);
  const bytes = memory.bytes(to, length).slice();
  memory.free(from);
  memory.free(to);
  return bytes;
}
