import type { ByteReader } from '../../core/byte-reader.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Decoded, DecodeTarget, RectangleDecoder } from '../decode/rectangle-decoder.js';

/** Raw (RFC 6143, 7.7.1): PIXELs row by row, taken as they come. */
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

/** Paints a rectangle from its PIXELs, exactly as many as it has. */
export function paintPixels(pixels: Uint8Array, rectangle: Rectangle, target: DecodeTarget): void {
  const { framebuffer, colours, scratch } = target;
  const { x, y, width, height } = rectangle;
  if (!colours.native) {
    const { size, layout, table } = colours.pixel;
    const source = scratch.load(pixels);
    const to = framebuffer.at(x, y);
    framebuffer.memory.kernels.wireToBgrx(
      source,
      width * size,
      to,
      framebuffer.stride,
      width,
      height,
      size,
      layout,
      table,
    );
    return;
  }
  paintBgrx(pixels, rectangle, framebuffer);
}

/** Paints a rectangle from packed BGRX rows. */
export function paintBgrx(pixels: Uint8Array, rectangle: Rectangle, framebuffer: DecodeTarget['framebuffer']): void {
  const { x, y, width, height } = rectangle;
  const bytes = framebuffer.bytes();
  const start = framebuffer.at(x, y) - framebuffer.pointer;
  if (width === framebuffer.width) {
    bytes.set(pixels.subarray(0, height * framebuffer.stride), start);
    return;
  }
  const rowBytes = width * 4;
  for (let row = 0; row < height; row++) {
    bytes.set(pixels.subarray(row * rowBytes, (row + 1) * rowBytes), start + row * framebuffer.stride);
  }
}
