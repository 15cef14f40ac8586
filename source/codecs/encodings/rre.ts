import type { ByteReader } from '../../core/byte-reader.js';
import { viewOf } from '../../core/bytes.js';
import { area, contains, isEmpty, type Rectangle } from '../../core/rectangle.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import type { Encoding } from './encoding.js';

const PLACE_BYTES = 8;
/**
 * Subrectangles never need to overlap. A server that paints a rectangle more often than this only wants to keep the
 * viewer busy: twelve bytes can demand a whole screen.
 */
const MAX_PAINTINGS = 8;
/** Subrectangles and pixels per slice, so that other work has its turn: a few milliseconds. */
const PARTS_AT_ONCE = 2048;
const PIXELS_AT_ONCE = 8 * 1024 * 1024;

/** RRE (RFC 6143, 7.7.3): a background and subrectangles of one colour each, painted as they arrive. */
export class RreDecoder implements RectangleDecoder {
  /** Subrectangles that remain; null before the header was read. */
  #left: number | null = null;
  #paintable = 0;

  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded {
    this.#left ??= this.#header(reader, rectangle, target);
    if (this.#left === null) return 'more';
    const entryBytes = target.colours.pixel.size + PLACE_BYTES;
    const there = Math.min(this.#left, Math.floor(reader.available / entryBytes), PARTS_AT_ONCE);
    const entries = reader.peekBytes(there * entryBytes);
    const view = viewOf(entries);
    const enough = this.#paintable - PIXELS_AT_ONCE;
    let entry = 0;
    for (; entry < there && this.#paintable > enough; entry++) {
      this.#subrectangle(entries, view, entry * entryBytes, rectangle, target);
    }
    reader.skip(entry * entryBytes);
    this.#left -= entry;
    if (this.#left > 0) return reader.available < entryBytes ? 'more' : 'yield';
    this.#left = null;
    return 'done';
  }

  #header(reader: ByteReader, rectangle: Rectangle, { framebuffer, colours }: DecodeTarget): number | null {
    const { size } = colours.pixel;
    const header = reader.attempt(() => ({ count: reader.u32(), background: reader.bytes(size) }));
    if (header === undefined) return null;
    if (header.count > area(rectangle))
      throw undecodable('RRE', `of ${header.count} subrectangles, more than it has pixels`);
    const colour = colours.read(colours.pixel, header.background, 0);
    const { x, y, width, height } = rectangle;
    framebuffer.memory.kernels.fillRectangle(framebuffer.at(x, y), framebuffer.stride, width, height, colour);
    this.#paintable = area(rectangle) * MAX_PAINTINGS;
    return header.count;
  }

  /** @param at offset of its pixel in `entries`; its geometry follows */
  #subrectangle(
    entries: Uint8Array,
    view: DataView,
    at: number,
    rectangle: Rectangle,
    { framebuffer, colours }: DecodeTarget,
  ): void {
    const place = at + colours.pixel.size;
    const part: Rectangle = {
      x: rectangle.x + view.getUint16(place),
      y: rectangle.y + view.getUint16(place + 2),
      width: view.getUint16(place + 4),
      height: view.getUint16(place + 6),
    };
    if (!contains(rectangle, part)) throw undecodable('RRE', 'with a subrectangle outside it');
    if (isEmpty(part)) return;
    this.#paintable -= area(part);
    if (this.#paintable < 0) throw undecodable('RRE', 'with too many overlapping subrectangles');
    const colour = colours.read(colours.pixel, entries, at);
    const to = framebuffer.at(part.x, part.y);
    framebuffer.memory.kernels.fillRectangle(to, framebuffer.stride, part.width, part.height, colour);
  }
}

export const rre: Encoding<'rre'> = {
  number: ENCODING.rre,
  name: 'rre',
  label: 'RRE',
  decode: () => new RreDecoder(),
};
