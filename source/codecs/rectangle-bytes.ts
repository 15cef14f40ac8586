import type { Rectangle } from '../core/rectangle.js';

/** A rectangle's header: x, y, width, height (16 bits each) and the encoding's number. */
const HEADER = 12;

/** A rectangle as it goes to the wire: its header and a copy of the parts, in a buffer of exactly that size. */
export function rectangleBytes(rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): Buffer {
  let length = HEADER;
  for (const part of parts) length += part.length;
  // Every byte is written below, so nothing of the memory that is reused here gets out.
  const bytes = Buffer.allocUnsafeSlow(length);
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
  return bytes;
}
