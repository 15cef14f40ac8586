import type { ByteReader } from '../../core/byte-reader.js';
import { area, type Rectangle } from '../../core/rectangle.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import type { StreamInflater } from '../decode/inflate.js';
import { BlockInflater } from '../decode/inflate-block.js';
import { paintPixels } from '../decode/paint-pixels.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import { type EncodedRectangle, type EncodeJob, type EncodeScratch, encodeSpliced } from '../encode/encode-job.js';
import { rowsOf } from '../encode/wire-pixels.js';
import type { WrittenEncoding } from './encoding.js';

/** Zlib (rfbproto.rst, zlib Encoding): Raw pixels in one zlib stream per connection. */
export class ZlibDecoder implements RectangleDecoder {
  readonly #block: BlockInflater;
  /** The number of rows painted, and the bytes of an incomplete row. */
  #rows = 0;
  #begun = new Uint8Array(0);
  #begunBytes = 0;

  constructor(inflater: StreamInflater) {
    this.#block = new BlockInflater(inflater.createStream(), 'zlib');
  }

  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded {
    const rowBytes = rectangle.width * target.colours.pixel.size;
    // Now: a piece is lost if memory grows while a row before it is painted.
    target.scratch.reserve(rowBytes);
    const piece = this.#block.next(reader, rowBytes * rectangle.height);
    if (piece === undefined) return 'more';
    if (rowBytes > 0) this.#paint(piece, rectangle, rowBytes, target);
    if (!this.#block.end()) return 'yield';
    if (area(rectangle) > 0 && this.#rows < rectangle.height) {
      const length = this.#rows * rowBytes + this.#begunBytes;
      throw undecodable('zlib', `of ${length} inflated bytes instead of ${rowBytes * rectangle.height}`);
    }
    this.#rows = 0;
    return 'done';
  }

  free(): void {
    this.#block.free();
  }

  #paint(piece: Uint8Array, rectangle: Rectangle, rowBytes: number, target: DecodeTarget): void {
    let at = 0;
    if (this.#begunBytes > 0) {
      at = Math.min(rowBytes - this.#begunBytes, piece.length);
      this.#keep(piece.subarray(0, at), rowBytes);
      if (this.#begunBytes < rowBytes) return;
      this.#begunBytes = 0;
      this.#paintRows(this.#begun.subarray(0, rowBytes), 1, rectangle, target);
    }
    const rows = Math.floor((piece.length - at) / rowBytes);
    if (rows > 0) this.#paintRows(piece.subarray(at, at + rows * rowBytes), rows, rectangle, target);
    this.#keep(piece.subarray(at + rows * rowBytes), rowBytes);
  }

  #paintRows(pixels: Uint8Array, height: number, { x, y, width }: Rectangle, target: DecodeTarget): void {
    paintPixels(pixels, { x, y: y + this.#rows, width, height }, target);
    this.#rows += height;
  }

  #keep(bytes: Uint8Array, rowBytes: number): void {
    if (this.#begun.length < rowBytes) this.#begun = new Uint8Array(rowBytes);
    this.#begun.set(bytes, this.#begunBytes);
    this.#begunBytes += bytes.length;
  }
}

/** Zlib (rfbproto.rst): Raw pixels in one zlib stream per connection. */
export function encodeZlib(job: EncodeJob, scratch: EncodeScratch): EncodedRectangle | Promise<EncodedRectangle> {
  const { framebuffer, rectangle, pixels } = job;
  const length = pixels.writePixels(framebuffer.memory.kernels, rowsOf(framebuffer, rectangle), scratch.packed);
  return encodeSpliced(job, framebuffer.memory.bytes(scratch.packed, length), scratch, ENCODING.zlib, 'zlib');
}

export const zlib: WrittenEncoding<'zlib'> = {
  number: ENCODING.zlib,
  name: 'zlib',
  label: 'Zlib',
  decode: ({ inflater }) => new ZlibDecoder(inflater),
  encode: encodeZlib,
  deflates: true,
  losses: 'none',
};
