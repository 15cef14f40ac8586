import { writeU16, writeU32 } from '../../core/bytes.js';
import { PeerglassError } from '../../core/errors.js';
import type { PixelFormat } from '../../core/pixel-format.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { fromUtf8 } from '../../core/text.js';
import { ENCODING, FENCE, PSEUDO_ENCODING, SERVER_MESSAGE, UNKNOWN_RECTANGLES } from './constants.js';
import type { DesktopScreen } from './messages.js';

/**
 * Messages from the server to the viewer after the handshake (RFC 6143, 7.6 and 7.7, and rfbproto.rst), each as new
 * bytes with zeroed padding. The encoders make rectangles of pixels; only their headers are written here.
 */

export const RECTANGLE_HEADER_LENGTH = 12;
export const UPDATE_HEADER_LENGTH = 4;

/**
 * The header of a FramebufferUpdate.
 * @param rectangles up to 65,534, or UNKNOWN_RECTANGLES with a LastRect at the end
 */
export function updateHeader(rectangles: number): Uint8Array<ArrayBuffer> {
  if (rectangles > UNKNOWN_RECTANGLES) throw new PeerglassError('E_INTERNAL', `${rectangles} rectangles in one update`);
  const bytes = new Uint8Array(UPDATE_HEADER_LENGTH);
  bytes[0] = SERVER_MESSAGE.framebufferUpdate;
  writeU16(bytes, 2, rectangles);
  return bytes;
}

/** Writes a rectangle's header at `offset`, 12 bytes. */
export function writeRectangleHeader(bytes: Uint8Array, offset: number, rectangle: Rectangle, encoding: number): void {
  writeU16(bytes, offset, rectangle.x);
  writeU16(bytes, offset + 2, rectangle.y);
  writeU16(bytes, offset + 4, rectangle.width);
  writeU16(bytes, offset + 6, rectangle.height);
  writeU32(bytes, offset + 8, encoding);
}

/** A rectangle's header with `length` zeroed bytes after it. */
export function rectangleWith(rectangle: Rectangle, encoding: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(RECTANGLE_HEADER_LENGTH + length);
  writeRectangleHeader(bytes, 0, rectangle, encoding);
  return bytes;
}

/** A CopyRect rectangle: the viewer copies pixels inside its own framebuffer to `target`. */
export function copyRectangle(target: Rectangle, sourceX: number, sourceY: number): Uint8Array<ArrayBuffer> {
  const bytes = rectangleWith(target, ENCODING.copyRect, 4);
  writeU16(bytes, RECTANGLE_HEADER_LENGTH, sourceX);
  writeU16(bytes, RECTANGLE_HEADER_LENGTH + 2, sourceY);
  return bytes;
}

/** A part of the screen that the H.264 rectangles after it in the same update do not draw over (docs/extensions.md). */
export function videoMask(rectangle: Rectangle): Uint8Array<ArrayBuffer> {
  return rectangleWith(rectangle, PSEUDO_ENCODING.videoMask, 0);
}

export function lastRectangle(): Uint8Array<ArrayBuffer> {
  return rectangleWith({ x: 0, y: 0, width: 0, height: 0 }, PSEUDO_ENCODING.lastRect, 0);
}

export function desktopSize(size: Size): Uint8Array<ArrayBuffer> {
  return rectangleWith({ x: 0, y: 0, ...pick(size) }, PSEUDO_ENCODING.desktopSize, 0);
}

/** @param reason and @param result numbers of DESKTOP_SIZE_REASON and DESKTOP_SIZE_RESULT */
export function extendedDesktopSize(
  size: Size,
  screens: readonly DesktopScreen[],
  reason: number,
  result: number,
): Uint8Array<ArrayBuffer> {
  const place = { x: reason, y: result, ...pick(size) };
  const bytes = rectangleWith(place, PSEUDO_ENCODING.extendedDesktopSize, 4 + screens.length * 16);
  let offset = RECTANGLE_HEADER_LENGTH;
  bytes[offset] = screens.length;
  offset += 4;
  for (const screen of screens) {
    writeU32(bytes, offset, screen.id);
    writeU16(bytes, offset + 4, screen.x);
    writeU16(bytes, offset + 6, screen.y);
    writeU16(bytes, offset + 8, screen.width);
    writeU16(bytes, offset + 10, screen.height);
    writeU32(bytes, offset + 12, screen.flags);
    offset += 16;
  }
  return bytes;
}

export function desktopName(name: string): Uint8Array<ArrayBuffer> {
  const text = fromUtf8(name);
  const bytes = rectangleWith({ x: 0, y: 0, width: 0, height: 0 }, PSEUDO_ENCODING.desktopName, 4 + text.length);
  writeU32(bytes, RECTANGLE_HEADER_LENGTH, text.length);
  bytes.set(text, RECTANGLE_HEADER_LENGTH + 4);
  return bytes;
}

/** The pointer's position, for a viewer that draws the pointer itself. */
export function pointerPosition(x: number, y: number): Uint8Array<ArrayBuffer> {
  return rectangleWith({ x, y, width: 0, height: 0 }, PSEUDO_ENCODING.pointerPos, 0);
}

/** @param flags of FENCE @param payload at most 64 bytes */
export function serverFence(flags: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  if (payload.length > FENCE.maxPayload) throw new PeerglassError('E_INTERNAL', 'a fence of more than 64 bytes');
  const bytes = new Uint8Array(9 + payload.length);
  bytes[0] = SERVER_MESSAGE.serverFence;
  writeU32(bytes, 4, flags);
  bytes[8] = payload.length;
  bytes.set(payload, 9);
  return bytes;
}

/** The first one announces support for continuous updates; later ones say that they have ended. */
export function endOfContinuousUpdates(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(SERVER_MESSAGE.endOfContinuousUpdates);
}

/** @param colours red, green, blue of each entry, 16 bits a channel */
export function setColourMapEntries(first: number, colours: Uint16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(6 + colours.length * 2);
  bytes[0] = SERVER_MESSAGE.setColourMapEntries;
  writeU16(bytes, 2, first);
  writeU16(bytes, 4, colours.length / 3);
  for (const [index, value] of colours.entries()) writeU16(bytes, 6 + index * 2, value);
  return bytes;
}

function pick(size: Size): Size {
  return { width: size.width, height: size.height };
}

const MAX_CHANNEL = 65_535;

/** The colour map that gives each index the colour of the true-colour pixel with the same 8 bits. */
export function colourMapOf(format: PixelFormat): Uint16Array {
  const colours = new Uint16Array(256 * 3);
  for (let index = 0; index < 256; index++) {
    colours[index * 3] = scaled(index >> format.redShift, format.redMax);
    colours[index * 3 + 1] = scaled(index >> format.greenShift, format.greenMax);
    colours[index * 3 + 2] = scaled(index >> format.blueShift, format.blueMax);
  }
  return colours;
}

function scaled(value: number, max: number): number {
  return Math.round(((value & max) * MAX_CHANNEL) / max);
}
