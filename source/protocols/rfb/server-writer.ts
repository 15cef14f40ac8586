import { PeerglassError } from '../../core/errors.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { ENCODING, FENCE, PSEUDO_ENCODING, SERVER_MESSAGE, UNKNOWN_RECTANGLES } from './constants.js';
import type { DesktopScreen } from './messages.js';

/**
 * What a server sends after the handshake (RFC 6143, 7.6 and 7.7, and rfbproto.rst), each as fresh bytes whose padding is
 * zero. Rectangles of pixels come from the encoders; only their headers are written here.
 */

export const RECTANGLE_HEADER_LENGTH = 12;
export const UPDATE_HEADER_LENGTH = 4;

/** The header of a FramebufferUpdate. @param rectangles up to 65,534, or UNKNOWN_RECTANGLES with a LastRect at the end */
export function updateHeader(rectangles: number): Buffer {
  if (rectangles > UNKNOWN_RECTANGLES) throw new PeerglassError('E_INTERNAL', `${rectangles} rectangles in one update`);
  const bytes = Buffer.alloc(UPDATE_HEADER_LENGTH);
  bytes.writeUInt8(SERVER_MESSAGE.framebufferUpdate, 0);
  bytes.writeUInt16BE(rectangles, 2);
  return bytes;
}

/** Writes a rectangle's header at `offset`, 12 bytes. */
export function writeRectangleHeader(bytes: Buffer, offset: number, rectangle: Rectangle, encoding: number): void {
  bytes.writeUInt16BE(rectangle.x, offset);
  bytes.writeUInt16BE(rectangle.y, offset + 2);
  bytes.writeUInt16BE(rectangle.width, offset + 4);
  bytes.writeUInt16BE(rectangle.height, offset + 6);
  bytes.writeInt32BE(encoding, offset + 8);
}

/** A rectangle's header with `length` zeroed bytes after it. */
export function rectangleWith(rectangle: Rectangle, encoding: number, length: number): Buffer {
  const bytes = Buffer.alloc(RECTANGLE_HEADER_LENGTH + length);
  writeRectangleHeader(bytes, 0, rectangle, encoding);
  return bytes;
}

/** The viewer copies `target` from where it lies in its own framebuffer. */
export function copyRectangle(target: Rectangle, sourceX: number, sourceY: number): Buffer {
  const bytes = rectangleWith(target, ENCODING.copyRect, 4);
  bytes.writeUInt16BE(sourceX, RECTANGLE_HEADER_LENGTH);
  bytes.writeUInt16BE(sourceY, RECTANGLE_HEADER_LENGTH + 2);
  return bytes;
}

export function lastRectangle(): Buffer {
  return rectangleWith({ x: 0, y: 0, width: 0, height: 0 }, PSEUDO_ENCODING.lastRect, 0);
}

export function desktopSize(size: Size): Buffer {
  return rectangleWith({ x: 0, y: 0, ...pick(size) }, PSEUDO_ENCODING.desktopSize, 0);
}

/** @param reason and @param result numbers of DESKTOP_SIZE_REASON and DESKTOP_SIZE_RESULT */
export function extendedDesktopSize(
  size: Size,
  screens: readonly DesktopScreen[],
  reason: number,
  result: number,
): Buffer {
  const place = { x: reason, y: result, ...pick(size) };
  const bytes = rectangleWith(place, PSEUDO_ENCODING.extendedDesktopSize, 4 + screens.length * 16);
  let offset = RECTANGLE_HEADER_LENGTH;
  bytes.writeUInt8(screens.length, offset);
  offset += 4;
  for (const screen of screens) {
    bytes.writeUInt32BE(screen.id, offset);
    bytes.writeUInt16BE(screen.x, offset + 4);
    bytes.writeUInt16BE(screen.y, offset + 6);
    bytes.writeUInt16BE(screen.width, offset + 8);
    bytes.writeUInt16BE(screen.height, offset + 10);
    bytes.writeUInt32BE(screen.flags, offset + 12);
    offset += 16;
  }
  return bytes;
}

export function desktopName(name: string): Buffer {
  const text = Buffer.from(name, 'utf8');
  const bytes = rectangleWith({ x: 0, y: 0, width: 0, height: 0 }, PSEUDO_ENCODING.desktopName, 4 + text.length);
  bytes.writeUInt32BE(text.length, RECTANGLE_HEADER_LENGTH);
  text.copy(bytes, RECTANGLE_HEADER_LENGTH + 4);
  return bytes;
}

/** Where the pointer is, for a viewer that draws it. */
export function pointerPosition(x: number, y: number): Buffer {
  return rectangleWith({ x, y, width: 0, height: 0 }, PSEUDO_ENCODING.pointerPos, 0);
}

/** @param flags of FENCE @param payload at most 64 bytes */
export function serverFence(flags: number, payload: Uint8Array): Buffer {
  if (payload.length > FENCE.longestPayload) throw new PeerglassError('E_INTERNAL', 'a fence of more than 64 bytes');
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUInt8(SERVER_MESSAGE.serverFence, 0);
  bytes.writeUInt32BE(flags >>> 0, 4);
  bytes.writeUInt8(payload.length, 8);
  bytes.set(payload, 9);
  return bytes;
}

/** Says that continuous updates are understood (the first time), or that they have ended. */
export function endOfContinuousUpdates(): Buffer {
  return Buffer.from([SERVER_MESSAGE.endOfContinuousUpdates]);
}

/** @param colours red, green, blue of each entry, 16 bits a channel */
export function setColourMapEntries(first: number, colours: Uint16Array): Buffer {
  const bytes = Buffer.alloc(6 + colours.length * 2);
  bytes.writeUInt8(SERVER_MESSAGE.setColourMapEntries, 0);
  bytes.writeUInt16BE(first, 2);
  bytes.writeUInt16BE(colours.length / 3, 4);
  for (const [index, value] of colours.entries()) bytes.writeUInt16BE(value, 6 + index * 2);
  return bytes;
}

function pick(size: Size): Size {
  return { width: size.width, height: size.height };
}
