import type { ByteReader } from '../core/byte-reader.js';
import { area, type Rectangle } from '../core/rectangle.js';
import type { Inflater } from './inflate.js';
import { inflateExactly } from './inflate-exactly.js';
import { paintPixels } from './raw-decoder.js';
import {
  type Decoded,
  type DecodeTarget,
  mostCompressed,
  type RectangleDecoder,
  undecodable,
} from './rectangle-decoder.js';

/** zlib (rfbproto.rst, zlib Encoding): Raw through one zlib stream for the whole connection. */
export class ZlibDecoder implements RectangleDecoder {
  readonly #stream;

  constructor(inflater: Inflater) {
    this.#stream = inflater.createStream();
  }

  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded {
    const length = area(rectangle) * target.colours.pixel.size;
    const compressed = readBlock(reader, 'zlib', mostCompressed(length));
    if (compressed === undefined) return 'more';
    paintPixels(inflateExactly(this.#stream, compressed, length, 'zlib'), rectangle, target);
    return 'done';
  }
}

/** A block that begins with its length, once all of it is there. */
export function readBlock(reader: ByteReader, encoding: string, most: number): Buffer | undefined {
  return reader.attempt(() => {
    const length = reader.u32();
    if (length > most) throw undecodable(encoding, `of ${length} compressed bytes, more than it can need`);
    return reader.bytes(length);
  });
}
