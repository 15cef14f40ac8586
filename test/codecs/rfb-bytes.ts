import { constants, deflateSync } from 'node:zlib';
import { expect } from 'vitest';
import { BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import type { Rectangle, Size } from '../../source/core/rectangle.js';
import { Decoding, distinct, type Pieces } from '../helpers/decoding.js';

/** Colours as 0xRRGGBB, and their bytes as BGRX PIXELs, CPIXELs (BGR) and TPIXELs (RGB). */
export const [RED, GREEN, BLUE, WHITE, BLACK, ODD] = [0xff0000, 0x00ff00, 0x0000ff, 0xffffff, 0, 0x123456];
export const pixel = (colour: number) => [...cpixel(colour), 0];
export const cpixel = (colour: number) => [colour & 0xff, (colour >> 8) & 0xff, colour >> 16];
export const tpixel = (colour: number) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
export const pixels = (...colours: number[]) => colours.flatMap(pixel);

export const RGB565: PixelFormat = {
  ...{ bitsPerPixel: 16, depth: 16, bigEndian: false, trueColour: true },
  ...{ redMax: 31, greenMax: 63, blueMax: 31, redShift: 11, greenShift: 5, blueShift: 0 },
};
export const BGR233: PixelFormat = {
  ...{ bitsPerPixel: 8, depth: 8, bigEndian: false, trueColour: true },
  ...{ redMax: 7, greenMax: 7, blueMax: 3, redShift: 0, greenShift: 3, blueShift: 6 },
};

export const whole = { x: 0, y: 0, width: 4, height: 4 };
export const inside = { x: 1, y: 1, width: 2, height: 2 };

/** Deflated as servers do it: header at the first call, a sync flush at the end. */
export function deflated(bytes: readonly number[]): number[] {
  return [...deflateSync(Uint8Array.from(bytes), { finishFlush: constants.Z_SYNC_FLUSH })];
}

export function u32(value: number): number[] {
  return [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}

export function block(bytes: readonly number[]): number[] {
  const compressed = deflated(bytes);
  return [...u32(compressed.length), ...compressed];
}

export function compactBlock(bytes: readonly number[]): number[] {
  const { length } = bytes;
  if (length < 128) return [length, ...bytes];
  if (length < 16_384) return [(length & 0x7f) | 0x80, length >> 7, ...bytes];
  return [(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14, ...bytes];
}

export interface DecodedWith {
  readonly rectangle?: Rectangle;
  readonly size?: Size;
  readonly format?: PixelFormat;
}

/** What a 4x4 picture of distinct pixels is after a rectangle was decoded into it. */
export async function decoded(
  pieces: Pieces,
  encoding: number,
  bytes: readonly number[],
  { rectangle = whole, size = { width: 4, height: 4 }, format = BGRX }: DecodedWith = {},
): Promise<number[][]> {
  const decoding = new Decoding(size, format);
  decoding.fillDistinct();
  expect(await decoding.decode(encoding, rectangle, Uint8Array.from(bytes), pieces)).toBe(true);
  const colours = decoding.colours();
  decoding.free();
  return colours;
}

/** The 4x4 picture of distinct pixels with another middle. */
export function around(a: number, b: number, c: number, d: number): number[][] {
  return [
    [distinct(0), distinct(1), distinct(2), distinct(3)],
    [distinct(4), a, b, distinct(7)],
    [distinct(8), c, d, distinct(11)],
    [distinct(12), distinct(13), distinct(14), distinct(15)],
  ];
}
