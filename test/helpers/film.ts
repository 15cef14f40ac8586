import { readFileSync } from 'node:fs';
import path from 'node:path';
import { nalUnits } from '../../source/codecs/video/h264-bits.js';
import { decodeJpeg } from '../../source/native/jpeg-binding.js';
import { stream } from './h264-writer.js';

const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures');

/** See fixtures/video. */
export const FILM_SIZE = { width: 150, height: 90 };
export const FILMS = ['x264', 'openh264'] as const;
/** The pictures with which decoding can begin. */
export const FILM_KEYS: readonly number[] = [0, 8];

/** The access units of a film. */
export function filmUnits(name: (typeof FILMS)[number]): Uint8Array<ArrayBuffer>[] {
  const units: Uint8Array<ArrayBuffer>[] = [];
  let open: number[][] = [];
  for (const unit of nalUnits(readFileSync(path.join(FIXTURES, `video/film-${name}.h264`)))) {
    open.push([...unit]);
    const type = unit[0]! & 0x1f;
    if (type !== 1 && type !== 5) continue;
    units.push(stream(...open));
    open = [];
  }
  return units;
}

let photograph: ReturnType<typeof decodeJpeg> | null = null;

/** What a picture of the film was made from, as packed RGB. */
export function filmSource(index: number): Uint8Array {
  photograph ??= decodeJpeg(readFileSync(path.join(FIXTURES, 'pictures/photo.jpg')));
  const photo = photograph;
  const { width, height } = FILM_SIZE;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((y + 200 + 2 * index) * photo.width + x + 300 + 3 * index) * 4;
      rgb.set(photo.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return rgb;
}

/** The likeness of two pictures in decibels. */
export function psnr(one: Uint8Array, other: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at]! - other[at]!) ** 2;
  return 10 * Math.log10((255 * 255 * one.length) / sum);
}
