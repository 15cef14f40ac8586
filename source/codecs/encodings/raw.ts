import type { ByteReader } from '../../core/byte-reader.js';
import type { Rectangle } from '../../core/rectangle.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { paintPixels } from '../decode/paint-pixels.js';
import type { Decoded, DecodeTarget, RectangleDecoder } from '../decode/rectangle-decoder.js';
import { type EncodedRectangle, type EncodeJob, type EncodeScratch, uncompressed } from '../encode/encode-job.js';
import { rowsOf } from '../encode/wire-pixels.js';
import type { WrittenEncoding } from './encoding.js';

/** Raw (RFC 6143, 7.7.1): PIXELs row by row, painted as they arrive. */
export class RawDecoder implements RectangleDecoder {
  #row = 0;

  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded {
    const rowBytes = rectangle.width * target.colours.pixel.size;
    if (rowBytes === 0) return 'done';
    const rows = Math.min(Math.floor(reader.available / rowBytes), rectangle.height - this.#row);
    if (rows > 0) {
      const { x, width } = rectangle;
      const part = { x, y: rectangle.y + this.#row, width, height: rows };
      paintPixels(reader.bytes(rows * rowBytes), part, target);
      this.#row += rows;
    }
    if (this.#row < rectangle.height) return 'more';
    this.#row = 0;
    return 'done';
  }
}

/** Raw (RFC 6143, 7.7.1): just the pixels. */
export function encodeRaw(job: EncodeJob, scratch: EncodeScratch): EncodedRectangle {
  const { framebuffer, rectangle, pixels } = job;
  const length = pixels.writePixels(framebuffer.memory.kernels, rowsOf(framebuffer, rectangle), scratch.packed);
  return uncompressed('raw', rectangle, framebuffer.memory.bytes(scratch.packed, length));
}

export const raw: WrittenEncoding<'raw'> = {
  number: ENCODING.raw,
  name: 'raw',
  label: 'Raw',
  decode: () => new RawDecoder(),
  encode: encodeRaw,
  deflates: false,
  losses: 'none',
};
