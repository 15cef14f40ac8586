import { readFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import type { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { Picture } from './xvfb.js';

/** What a framebuffer holds, as packed RGB. */
export function picture(framebuffer: Framebuffer): Picture {
  const bytes = framebuffer.bytes();
  const { width, height } = framebuffer;
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb[pixel * 3] = bytes[pixel * 4 + 2]!;
    rgb[pixel * 3 + 1] = bytes[pixel * 4 + 1]!;
    rgb[pixel * 3 + 2] = bytes[pixel * 4]!;
  }
  return { width, height, rgb };
}

/** A PNG file as packed RGB. */
export function rgbOfPng(file: string): Buffer {
  const { data, width, height } = PNG.sync.read(readFileSync(file));
  const rgb = Buffer.alloc(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) data.copy(rgb, to, from, from + 3);
  return rgb;
}

export function samePicture(a: Picture, b: Picture): boolean {
  return a.width === b.width && a.height === b.height && Buffer.from(a.rgb).equals(Buffer.from(b.rgb));
}

/** Packed RGB without any two pixels alike that lie close together. */
export function noise(width: number, height: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => ((index + seed) * 2_654_435_761) >>> 13);
}
