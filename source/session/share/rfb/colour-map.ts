import type { PixelFormat } from '../../../core/pixel-format.js';

const MOST = 65_535;

/** The colour map that makes an index what it would be as a true-colour pixel of the format, 8 bits. */
export function colourMapOf(format: PixelFormat): Uint16Array {
  const colours = new Uint16Array(256 * 3);
  for (let index = 0; index < 256; index++) {
    colours[index * 3] = scaled(index >> format.redShift, format.redMax);
    colours[index * 3 + 1] = scaled(index >> format.greenShift, format.greenMax);
    colours[index * 3 + 2] = scaled(index >> format.blueShift, format.blueMax);
  }
  return colours;
}

function scaled(value: number, max: number): number {
  return Math.round(((value & max) * MOST) / max);
}
