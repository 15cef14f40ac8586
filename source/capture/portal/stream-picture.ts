import { intersect, type Rectangle, type Size } from '../../core/rectangle.js';
import type { VideoFormat } from '../../native/pipewire.js';

const BYTES_PER_PIXEL = 4;

/** A frame's pixels: 4 bytes each, rows `stride` bytes apart. */
export interface StreamPixels {
  readonly bytes: Uint8Array;
  readonly stride: number;
  readonly format: VideoFormat;
  /** The part that is the picture. */
  readonly crop: Rectangle;
  /** Quarter turns counter-clockwise that the compositor has made, and with 4 added a mirroring before them. */
  readonly transform: number;
}

/**
 * Where the compositor's transform puts pixels, and back. (wl_output.transform and SPA's VideoTransform: the buffer holds
 * the picture mirrored, if 4 is added, and turned counter-clockwise.)
 */
export class Turn {
  readonly #quarters: number;
  readonly #mirrored: boolean;
  readonly #buffer: Size;

  /** @param buffer the size before it is turned back */
  constructor(transform: number, buffer: Size) {
    this.#quarters = transform & 3;
    this.#mirrored = (transform & 4) !== 0;
    this.#buffer = buffer;
  }

  /** The size of the upright picture. */
  get size(): Size {
    const { width, height } = this.#buffer;
    return this.#quarters % 2 === 0 ? { width, height } : { width: height, height: width };
  }

  /** A point of the buffer in the picture; pixels are points with whole numbers. */
  toPicture({ x, y }: { readonly x: number; readonly y: number }): { x: number; y: number } {
    const [right, bottom] = [this.#buffer.width - 1, this.#buffer.height - 1];
    const turned = [
      { x, y },
      { x: bottom - y, y: x },
      { x: right - x, y: bottom - y },
      { x: y, y: right - x },
    ][this.#quarters]!;
    return this.#mirrored ? { x: this.size.width - 1 - turned.x, y: turned.y } : turned;
  }

  rectangle({ x, y, width, height }: Rectangle): Rectangle {
    const one = this.toPicture({ x, y });
    const other = this.toPicture({ x: x + width - 1, y: y + height - 1 });
    return {
      x: Math.min(one.x, other.x),
      y: Math.min(one.y, other.y),
      width: Math.abs(one.x - other.x) + 1,
      height: Math.abs(one.y - other.y) + 1,
    };
  }

  /** The pixel of the buffer that a pixel of the picture shows. */
  toBuffer({ x, y }: { readonly x: number; readonly y: number }): { x: number; y: number } {
    const [right, bottom] = [this.#buffer.width - 1, this.#buffer.height - 1];
    const plain = this.#mirrored ? this.size.width - 1 - x : x;
    return [
      { x: plain, y },
      { x: y, y: bottom - plain },
      { x: right - plain, y: bottom - y },
      { x: right - y, y: plain },
    ][this.#quarters]!;
  }
}

/** Where a format's 32-bit word, read little-endian, has the upper 8 bits of red, green and blue. */
const SHIFTS: Readonly<Record<VideoFormat, readonly [red: number, green: number, blue: number]>> = {
  BGRx: [16, 8, 0],
  BGRA: [16, 8, 0],
  RGBx: [0, 8, 16],
  RGBA: [0, 8, 16],
  xRGB: [8, 16, 24],
  ARGB: [8, 16, 24],
  xBGR: [24, 16, 8],
  ABGR: [24, 16, 8],
  xRGB_210LE: [22, 12, 2],
  ARGB_210LE: [22, 12, 2],
  xBGR_210LE: [2, 12, 22],
  ABGR_210LE: [2, 12, 22],
  RGBx_102LE: [24, 14, 4],
  RGBA_102LE: [24, 14, 4],
  BGRx_102LE: [4, 14, 24],
  BGRA_102LE: [4, 14, 24],
};

/** Whether the frame has all of the pixels that it claims. */
export function isWhole({ bytes, stride, crop }: StreamPixels): boolean {
  const { x, y, width, height } = crop;
  if (x < 0 || y < 0 || width < 1 || height < 1 || (x + width) * BYTES_PER_PIXEL > stride) return false;
  return (y + height - 1) * stride + (x + width) * BYTES_PER_PIXEL <= bytes.length;
}

/**
 * Hands over the rows of a part of the upright picture, as BGRX: exactly as they are in the frame where that is possible.
 *
 * @param part inside the picture
 * @param put is given each row, valid during the call, and the place of its first pixel in the picture
 */
export function readRows(
  pixels: StreamPixels,
  part: Rectangle,
  put: (row: Uint8Array, x: number, y: number) => void,
): void {
  const { bytes, stride, format, crop, transform } = pixels;
  const straight = transform === 0 && (format === 'BGRx' || format === 'BGRA');
  if (!straight) {
    readOtherRows(pixels, part, put);
    return;
  }
  for (let row = 0; row < part.height; row++) {
    const start = (crop.y + part.y + row) * stride + (crop.x + part.x) * BYTES_PER_PIXEL;
    put(bytes.subarray(start, start + part.width * BYTES_PER_PIXEL), part.x, part.y + row);
  }
}

function readOtherRows(
  { bytes, stride, format, crop, transform }: StreamPixels,
  part: Rectangle,
  put: (row: Uint8Array, x: number, y: number) => void,
): void {
  const turn = new Turn(transform, crop);
  const place = (x: number, y: number): number => {
    const { x: column, y: row } = turn.toBuffer({ x, y });
    return (crop.y + row) * stride + (crop.x + column) * BYTES_PER_PIXEL;
  };
  // Going one pixel to the right is the same step everywhere.
  const step = place(1, 0) - place(0, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [red, green, blue] = SHIFTS[format];
  const words = new Uint32Array(part.width);
  const row = new Uint8Array(words.buffer);
  for (let y = part.y; y < part.y + part.height; y++) {
    let at = place(part.x, y);
    for (let index = 0; index < part.width; index++) {
      const word = view.getUint32(at, true);
      words[index] = (((word >>> red) & 0xff) << 16) | (((word >>> green) & 0xff) << 8) | ((word >>> blue) & 0xff);
      at += step;
    }
    put(row, part.x, y);
  }
}

/** What a rectangle of the buffer is in the picture, or null if it is not in it. */
export function inPicture(rectangle: Rectangle, crop: Rectangle, transform: number): Rectangle | null {
  const inside = intersect(rectangle, crop);
  if (!inside) return null;
  return new Turn(transform, crop).rectangle({ ...inside, x: inside.x - crop.x, y: inside.y - crop.y });
}
