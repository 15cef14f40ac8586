import type { ByteReader } from '../../core/byte-reader.js';
import { contains, type Rectangle } from '../../core/rectangle.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import type { Encoding } from './encoding.js';

/** CopyRect (RFC 6143, 7.7.2): copies pixels that the viewer already has. Source and destination may overlap. */
export class CopyRectDecoder implements RectangleDecoder {
  decode(reader: ByteReader, rectangle: Rectangle, { framebuffer }: DecodeTarget): Decoded {
    const origin = reader.attempt(() => ({ x: reader.u16(), y: reader.u16() }));
    if (origin === undefined) return 'more';
    const source = { ...origin, width: rectangle.width, height: rectangle.height };
    if (!contains(framebuffer.bounds, source)) throw undecodable('CopyRect', 'with a source outside the picture');
    const [from, to] = [framebuffer.at(source.x, source.y), framebuffer.at(rectangle.x, rectangle.y)];
    framebuffer.memory.moveWithin(from, to, framebuffer.stride, rectangle.width * 4, rectangle.height);
    return 'done';
  }
}

export const copyRect: Encoding<'copyrect'> = {
  number: ENCODING.copyRect,
  name: 'copyrect',
  label: 'CopyRect',
  decode: () => new CopyRectDecoder(),
  keepable: () => true,
};
