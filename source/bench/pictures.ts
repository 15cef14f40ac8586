import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { PNG } from 'pngjs';
import type { Rectangle, Size } from '../core/rectangle.js';
import { decodeJpeg } from '../native/jpeg-binding.js';

/** Packed BGRX pixels, one number each, rows from the top. */
export interface Pixels extends Size {
  readonly pixels: Uint32Array;
}

/** The folder of the workloads' pictures. */
export const PICTURES = path.resolve(import.meta.dirname, '../../../fixtures/pictures');
const require = createRequire(import.meta.url);

function bgrx(rgba: Uint8Array, width: number, height: number): Pixels {
  const pixels = new Uint32Array(width * height);
  for (let at = 0, from = 0; at < pixels.length; at++, from += 4) {
    pixels[at] = (rgba[from]! << 16) | (rgba[from + 1]! << 8) | rgba[from + 2]!;
  }
  return { width, height, pixels };
}

/** A picture of fixtures/pictures. */
export function loadPicture(name: string): Pixels {
  const bytes = readFileSync(path.join(PICTURES, name));
  if (name.endsWith('.png')) {
    const png = (require('pngjs') as { PNG: typeof PNG }).PNG.sync.read(bytes);
    return bgrx(png.data, png.width, png.height);
  }
  const { data, width, height } = decodeJpeg(bytes);
  return bgrx(data, width, height);
}

export function emptyPixels({ width, height }: Size, colour = 0): Pixels {
  return { width, height, pixels: new Uint32Array(width * height).fill(colour) };
}

/** Copies a rectangle, which must lie inside both pictures. */
export function copyPixels(from: Pixels, part: Rectangle, to: Pixels, toX: number, toY: number): void {
  for (let row = 0; row < part.height; row++) {
    const start = (part.y + row) * from.width + part.x;
    to.pixels.set(from.pixels.subarray(start, start + part.width), (toY + row) * to.width + toX);
  }
}

/** Tiles the target with the picture. */
export function tile(picture: Pixels, target: Pixels): void {
  for (let y = 0; y < target.height; y += picture.height) {
    for (let x = 0; x < target.width; x += picture.width) {
      const width = Math.min(picture.width, target.width - x);
      const height = Math.min(picture.height, target.height - y);
      copyPixels(picture, { x: 0, y: 0, width, height }, target, x, y);
    }
  }
}

/**
 * Fills the target with a view of the picture at `zoom`, its top left corner at (x, y). Beyond its edges the picture
 * continues as its mirror image. Bilinear.
 */
export function view(picture: Pixels, x: number, y: number, zoom: number, target: Pixels): void {
  const { width, height, pixels } = picture;
  for (let row = 0; row < target.height; row++) {
    const v = y + row / zoom;
    const top = Math.floor(v);
    const below = v - top;
    const first = mirrored(top, height) * width;
    const second = mirrored(top + 1, height) * width;
    for (let column = 0; column < target.width; column++) {
      const u = x + column / zoom;
      const left = Math.floor(u);
      const beside = u - left;
      const a = mirrored(left, width);
      const b = mirrored(left + 1, width);
      const upper = mix(pixels[first + a]!, pixels[first + b]!, beside);
      const lower = mix(pixels[second + a]!, pixels[second + b]!, beside);
      target.pixels[row * target.width + column] = mix(upper, lower, below);
    }
  }
}

function mirrored(at: number, length: number): number {
  const place = ((at % (2 * length)) + 2 * length) % (2 * length);
  return place < length ? place : 2 * length - 1 - place;
}

/** Blends two pixels channel by channel; `share` is the second one's. */
function mix(a: number, b: number, share: number): number {
  const weight = Math.round(share * 256);
  const rest = 256 - weight;
  const odd = ((((a & 0xff00ff) * rest + (b & 0xff00ff) * weight) / 256) | 0) & 0xff00ff;
  const even = ((((a & 0x00ff00) * rest + (b & 0x00ff00) * weight) / 256) | 0) & 0x00ff00;
  return odd | even;
}
