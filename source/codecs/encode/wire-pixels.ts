import { BGR233, type PixelFormat, pixelFormatKey } from '../../core/pixel-format.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { Kernels } from '../../pixels/kernels.js';

/** Rows of BGRX pixels in the kernels' memory. */
export interface PixelRows {
  readonly pointer: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Converts pixels to a viewer's format, in the three layouts that encodings use: PIXEL, ZRLE's CPIXEL (RFC 6143, 7.7.5)
 * and Tight's TPIXEL (rfbproto.rst). A viewer with a colour map gets BGR233 indices: its map is set accordingly.
 */
export class WirePixels {
  /** Equal for formats whose bytes are equal. */
  readonly key: string;
  readonly format: PixelFormat;
  /** Bytes of a PIXEL. */
  readonly size: number;
  /** Bytes of a TPIXEL. */
  readonly tightSize: number;
  /** Bytes of a CPIXEL. */
  readonly zrleSize: number;
  /** The byte of a PIXEL that a CPIXEL omits. */
  readonly #leftOut: 'first' | 'last' | null;
  /** Whether a PIXEL is the framebuffer's pixel, except for the fourth byte. */
  readonly #native: boolean;

  constructor(asked: PixelFormat) {
    const { bitsPerPixel, bigEndian } = asked;
    const format = asked.trueColour ? asked : { ...BGR233, bitsPerPixel, bigEndian };
    const { redMax, greenMax, blueMax, redShift, greenShift, blueShift } = format;
    const wholeBytes = redMax === 255 && greenMax === 255 && blueMax === 255;
    this.format = format;
    this.key = pixelFormatKey(format);
    this.size = bitsPerPixel / 8;
    this.tightSize = bitsPerPixel === 32 && format.depth === 24 && wholeBytes ? 3 : this.size;
    this.#leftOut = leftOut(format);
    this.zrleSize = this.#leftOut === null ? this.size : 3;
    this.#native = wholeBytes && !bigEndian && redShift === 16 && greenShift === 8 && blueShift === 0;
  }

  /** Writes packed PIXELs. @returns bytes written */
  writePixels(kernels: Kernels, { pointer, stride, width, height }: PixelRows, to: number): number {
    const { bitsPerPixel, bigEndian, redMax, greenMax, blueMax, redShift, greenShift, blueShift } = this.format;
    const rowBytes = width * this.size;
    const endian = bigEndian ? 1 : 0;
    kernels.bgrxToFormat(
      ...([pointer, stride, to, rowBytes, width, height, bitsPerPixel, endian] as const),
      ...([redMax, greenMax, blueMax, redShift, greenShift, blueShift] as const),
    );
    return rowBytes * height;
  }

  /** Writes packed TPIXELs. @returns bytes written */
  writeTight(kernels: Kernels, rows: PixelRows, to: number): number {
    if (this.tightSize === this.size) return this.writePixels(kernels, rows, to);
    const { pointer, stride, width, height } = rows;
    kernels.bgrxToRgb(pointer, stride, to, width * 3, width, height);
    return width * height * 3;
  }

  /**
   * Writes packed CPIXELs. @returns bytes written
   * @param wide room for four bytes a pixel
   */
  writeZrle(kernels: Kernels, rows: PixelRows, to: number, wide: number): number {
    if (this.#leftOut === null) return this.writePixels(kernels, rows, to);
    const { width, height } = rows;
    if (this.#native) {
      kernels.packThreeBytes(rows.pointer, rows.stride, to, width * 3, width, height, 0);
    } else {
      this.writePixels(kernels, rows, wide);
      kernels.packThreeBytes(wide, width * 4, to, width * 3, width, height, this.#leftOut === 'first' ? 1 : 0);
    }
    return width * height * 3;
  }
}

/** A CPIXEL has three bytes if all channels of a 32-bit pixel lie in its three lower or three upper bytes. */
function leftOut(format: PixelFormat): 'first' | 'last' | null {
  if (format.bitsPerPixel !== 32 || format.depth > 24) return null;
  const { redMax, greenMax, blueMax, redShift, greenShift, blueShift } = format;
  const lowest = Math.min(redShift, greenShift, blueShift);
  const ends = [redShift + bits(redMax), greenShift + bits(greenMax), blueShift + bits(blueMax)];
  if (Math.max(...ends) <= 24) return format.bigEndian ? 'first' : 'last';
  if (lowest >= 8) return format.bigEndian ? 'last' : 'first';
  return null;
}

function bits(max: number): number {
  return Math.log2(max + 1);
}

/** A rectangle of a framebuffer as the kernels take it. */
export function rowsOf(framebuffer: Framebuffer, { x, y, width, height }: Rectangle): PixelRows {
  return { pointer: framebuffer.at(x, y), stride: framebuffer.stride, width, height };
}
