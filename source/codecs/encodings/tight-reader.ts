import type { ByteReader } from '../../core/byte-reader.js';
import type { Rectangle } from '../../core/rectangle.js';
import { TIGHT } from '../../protocols/rfb/constants.js';
import { undecodable } from '../decode/rectangle-decoder.js';

/** How the pixels of a rectangle were filtered before they were compressed. */
export type TightFilter =
  | { readonly type: 'copy' }
  | { readonly type: 'gradient' }
  /** `colours` TPIXELs; indices of 1 bit for two colours, of 8 bits for more. */
  | { readonly type: 'palette'; readonly colours: number; readonly palette: Uint8Array; readonly bits: 1 | 8 };

/** The bytes of one Tight rectangle, found but not yet looked into. */
export type TightRectangle = {
  /** The streams that begin anew before this rectangle, one bit each. */
  readonly resets: number;
} & (
  | { readonly type: 'fill'; readonly colour: Uint8Array }
  | { readonly type: 'jpeg'; readonly data: Uint8Array }
  | {
      readonly type: 'basic';
      readonly filter: TightFilter;
      readonly data: Uint8Array;
      /** Bytes that the filter left. */
      readonly length: number;
      /** The stream that `data` belong to, or null: they are not compressed. */
      readonly stream: number | null;
    }
);

/**
 * Finds the bytes of a Tight rectangle (rfbproto.rst, Tight Encoding). To be called inside `attempt`.
 * @param pixelBytes of a TPIXEL
 * @throws PeerglassError E_RFB_DECODE
 */
export function readTight(reader: ByteReader, rectangle: Rectangle, pixelBytes: number): TightRectangle {
  const control = reader.u8();
  const resets = control & 0x0f;
  const method = control & 0xf0;
  if (method === TIGHT.fill) return { type: 'fill', resets, colour: reader.bytes(pixelBytes) };
  if (method === TIGHT.jpeg) return { type: 'jpeg', resets, data: reader.bytes(readLength(reader)) };

  const withoutZlib = (method & ~TIGHT.explicitFilter) === TIGHT.basicWithoutZlib;
  if (method >= TIGHT.fill && !withoutZlib) throw undecodable('Tight', `with the unknown control byte ${control}`);
  const filter =
    method & TIGHT.explicitFilter ? readFilter(reader, rectangle, pixelBytes) : ({ type: 'copy' } as const);
  const bits = filter.type === 'palette' ? filter.bits : 8 * pixelBytes;
  const length = Math.ceil((rectangle.width * bits) / 8) * rectangle.height;
  if (withoutZlib || length < TIGHT.leastToCompress) {
    if (length > reader.limit) throw undecodable('Tight', `of ${length} bytes in one piece`);
    return { type: 'basic', resets, filter, data: reader.bytes(length), length, stream: null };
  }
  const stream = (method >> TIGHT.streamShift) & (TIGHT.streams - 1);
  return { type: 'basic', resets, filter, data: reader.bytes(readLength(reader)), length, stream };
}

function readFilter(reader: ByteReader, rectangle: Rectangle, pixelBytes: number): TightFilter {
  const filter = reader.u8();
  switch (filter) {
    case TIGHT.filter.copy:
      return { type: 'copy' };
    case TIGHT.filter.palette: {
      const colours = reader.u8() + 1;
      return { type: 'palette', colours, palette: reader.bytes(colours * pixelBytes), bits: colours <= 2 ? 1 : 8 };
    }
    case TIGHT.filter.gradient:
      if (pixelBytes === 1) throw undecodable('Tight', 'with a gradient in 8 bits');
      if (rectangle.width > TIGHT.mostWidth)
        throw undecodable('Tight', `with a gradient ${rectangle.width} pixels wide`);
      return { type: 'gradient' };
    default:
      throw undecodable('Tight', `with the unknown filter ${filter}`);
  }
}

/** A length in 7, 14 or 22 bits, the least significant first. */
function readLength(reader: ByteReader): number {
  const first = reader.u8();
  if (first < 0x80) return first;
  const second = reader.u8();
  const length = (first & 0x7f) | ((second & 0x7f) << 7);
  return second < 0x80 ? length : length | (reader.u8() << 14);
}
