import type { Rectangle } from '../../core/rectangle.js';
import { lend } from './loan.js';

/** A rectangle's header: x, y, width, height (16 bits each) and the encoding's number. */
const HEADER = 12;

/** A rectangle as it goes to the wire: its header and a copy of the parts, in a buffer of exactly that size. */
export function rectangleBytes(rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(lengthOf(parts));
  write(bytes, rectangle, encoding, parts);
  return bytes;
}

/** As `rectangleBytes`, on loan where that pays. */
export function lentRectangleBytes(
  rectangle: Rectangle,
  encoding: number,
  parts: readonly Uint8Array[],
): ReturnType<typeof lend> {
  const lent = lend(lengthOf(parts));
  write(lent.bytes, rectangle, encoding, parts);
  return lent;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = HEADER;
  for (const part of parts) length += part.length;
  return length;
}

/** Writes every byte, so that nothing of memory that is used again gets out. */
function write(bytes: Buffer, rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): void {
  bytes.writeUInt16BE(rectangle.x, 0);
  bytes.writeUInt16BE(rectangle.y, 2);
  bytes.writeUInt16BE(rectangle.width, 4);
  bytes.writeUInt16BE(rectangle.height, 6);
  bytes.writeInt32BE(encoding, 8);
  let offset = HEADER;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
}
