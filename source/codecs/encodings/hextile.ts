import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { ENCODING } from '../../protocols/rfb/constants.js';
import { type RectangleDecoder, undecodable } from '../decode/rectangle-decoder.js';
import { PlainTileDecoder } from '../decode/tiles.js';
import { type EncodedRectangle, type EncodeJob, type EncodeScratch, uncompressed } from '../encode/encode-job.js';
import { rowsOf } from '../encode/wire-pixels.js';
import type { WrittenEncoding } from './encoding.js';

/** Hextile (RFC 6143, 7.7.4): tiles of 16x16. */
function hextileDecoder(memory: PixelMemory): RectangleDecoder {
  return new PlainTileDecoder(
    memory,
    ({ framebuffer, colours }, { x, y, width, height }, source, length, state) => {
      const { size, layout, table } = colours.pixel;
      return framebuffer.memory.kernels.decodeHextile(
        ...([source, length, framebuffer.at(x, y), framebuffer.stride, width, height] as const),
        ...([size, layout, table, state] as const),
      );
    },
    () => undecodable('Hextile', 'with a subrectangle outside its tile'),
  );
}

/** Hextile (RFC 6143, 7.7.4). */
export function encodeHextile(job: EncodeJob, scratch: EncodeScratch): EncodedRectangle {
  const { framebuffer, rectangle, pixels } = job;
  const { memory } = framebuffer;
  pixels.writePixels(memory.kernels, rowsOf(framebuffer, rectangle), scratch.wide);
  const { width, height } = rectangle;
  const length = memory.kernels.hextile(scratch.wide, pixels.size, width, height, scratch.table, scratch.packed);
  return uncompressed('hextile', rectangle, memory.bytes(scratch.packed, length));
}

export const hextile: WrittenEncoding<'hextile'> = {
  number: ENCODING.hextile,
  name: 'hextile',
  label: 'Hextile',
  decode: ({ memory }) => hextileDecoder(memory),
  encode: encodeHextile,
  deflates: false,
  losses: 'none',
};
