import { intersect, type Rectangle } from '../../core/rectangle.js';
import type { VideoFormat } from '../../native/pipewire.js';
import { isUpright, turned, turnedBack, turnOf } from '../wayland/turn.js';

const BYTES_PER_PIXEL = 4;

/** A frame's pixels: 4 bytes each, rows `stride` bytes apart. */
export interface StreamPixels {
  readonly bytes: Uint8Array;
  readonly stride: number;
  readonly format: VideoFormat;
  /** The part that is the picture. */
  readonly crop: Rectangle;
  /** As wl_output's. */
  readonly transform: number;
}

/**
 * The channels of a format's 32-bit word, read little-endian: their shifts, and their values on the full range 0-255.
 */
interface Channels {
  readonly shifts: readonly [red: number, green: number, blue: number];
  readonly bytes: Uint8Array;
}

const BYTES = Uint8Array.from({ length: 256 }, (_, value) => value);
const BYTES_OF_TEN_BITS = Uint8Array.from({ length: 1024 }, (_, value) => Math.round((value * 255) / 1023));
const eight = (...shifts: Channels['shifts']): Channels => ({ shifts, bytes: BYTES });
const ten = (...shifts: Channels['shifts']): Channels => ({ shifts, bytes: BYTES_OF_TEN_BITS });

const CHANNELS: Readonly<Record<VideoFormat, Channels>> = {
  BGRx: eight(16, 8, 0),
  BGRA: eight(16, 8, 0),
  RGBx: eight(0, 8, 16),
  RGBA: eight(0, 8, 16),
  xRGB: eight(8, 16, 24),
  ARGB: eight(8, 16, 24),
  xBGR: eight(24, 16, 8),
  ABGR: eight(24, 16, 8),
  xRGB_210LE: ten(20, 10, 0),
  ARGB_210LE: ten(20, 10, 0),
  xBGR_210LE: ten(0, 10, 20),
  ABGR_210LE: ten(0, 10, 20),
  RGBx_102LE: ten(22, 12, 2),
  RGBA_102LE: ten(22, 12, 2),
  BGRx_102LE: ten(2, 12, 22),
  BGRA_102LE: ten(2, 12, 22),
};

/** Whether the frame is complete. */
export function isWhole({ bytes, stride, crop }: StreamPixels): boolean {
  const { x, y, width, height } = crop;
  if (x < 0 || y < 0 || width < 1 || height < 1 || (x + width) * BYTES_PER_PIXEL > stride) return false;
  return (y + height - 1) * stride + (x + width) * BYTES_PER_PIXEL <= bytes.length;
}

/**
 * Hands over the rows of a part of the upright picture as BGRX, without copying them where the frame has them so.
 *
 * @param part inside the picture
 * @param put receives each row, valid during the call, and the position of its first pixel in the picture
 */
export function readRows(
  pixels: StreamPixels,
  part: Rectangle,
  put: (row: Uint8Array, x: number, y: number) => void,
): void {
  const { bytes, stride, format, crop, transform } = pixels;
  const straight = isUpright(turnOf(transform)) && (format === 'BGRx' || format === 'BGRA');
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
  const turn = turnOf(transform);
  const place = (x: number, y: number): number => {
    const { x: column, y: row } = turnedBack(turn, { x, y, width: 1, height: 1 }, crop);
    return (crop.y + row) * stride + (crop.x + column) * BYTES_PER_PIXEL;
  };
  // One pixel to the right is the same step everywhere.
  const step = place(1, 0) - place(0, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { shifts, bytes: values } = CHANNELS[format];
  const [red, green, blue] = shifts;
  const mask = values.length - 1;
  const words = new Uint32Array(part.width);
  const row = new Uint8Array(words.buffer);
  for (let y = part.y; y < part.y + part.height; y++) {
    let at = place(part.x, y);
    for (let index = 0; index < part.width; index++) {
      const word = view.getUint32(at, true);
      words[index] =
        (values[(word >>> red) & mask]! << 16) |
        (values[(word >>> green) & mask]! << 8) |
        values[(word >>> blue) & mask]!;
      at += step;
    }
    put(row, part.x, y);
  }
}

/** The position in the picture of a rectangle of the buffer; null if it is outside. */
export function inPicture(rectangle: Rectangle, crop: Rectangle, transform: number): Rectangle | null {
  const inside = intersect(rectangle, crop);
  if (!inside) return null;
  return turned(turnOf(transform), { ...inside, x: inside.x - crop.x, y: inside.y - crop.y }, crop);
}
