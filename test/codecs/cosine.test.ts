import { describe, expect, it } from 'vitest';
import { type EncodedRectangle, type Encoder, EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { chooseProfile, losslessProfile } from '../../source/codecs/encode/encode-profile.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { cosine as COSINE, encodeTightCosine } from '../../source/codecs/encodings/cosine.js';
import { encodeTight } from '../../source/codecs/encodings/tight.js';
import type { JpegQuality } from '../../source/codecs/jpeg/jpeg-library.js';
import { viewOf } from '../../source/core/bytes.js';
import { BGRX } from '../../source/core/pixel-format.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { ENCODING, TIGHT } from '../../source/protocols/rfb/constants.js';
import { Decoding } from '../helpers/decoding.js';
import { MovingPhoto } from '../helpers/moving-photo.js';
import { needsNative } from '../helpers/needs-native.js';
import { noise } from '../helpers/scenes.js';

const SIZE = { width: 512, height: 320 };
const PLACE = { x: 21, y: 13, width: 455, height: 291 };
const FINE: JpegQuality = { quality: 92, subsampling: '4:4:4' };
const HEADER = 12;
/** The mean of the squares, over all channels. */
const MAX_ERROR = 12;
/** What a photograph is sent as in Tight where Cosine would serve no better: exactly, where JPEG cannot be written. */
const OTHERWISE = needsNative('tight-jpeg', 'tight');

const memory = createPixelMemory();
const scratch = new EncodeScratch(memory, nodeCompressors);

async function photograph(): Promise<Framebuffer> {
  const framebuffer = new Framebuffer(memory, SIZE);
  const photo = new MovingPhoto(SIZE);
  await photo.read([framebuffer.bounds], framebuffer);
  return framebuffer;
}

async function encode(
  framebuffer: Framebuffer,
  rectangle: Rectangle,
  jpeg: JpegQuality,
  encoder: Encoder = encodeTight,
): Promise<EncodedRectangle> {
  scratch.reserve(rectangle.width * rectangle.height);
  const pixels = new WirePixels(BGRX);
  return encoder({ framebuffer, rectangle, pixels, level: 2, jpeg, pooled: false }, scratch);
}

/** Decodes all parts. @returns the mean squared error */
async function errorOf({ parts, bytes, rectangle }: EncodedRectangle, shared: Framebuffer): Promise<number> {
  const decoding = new Decoding(SIZE);
  decoding.fillDistinct();
  let at = 0;
  for (const part of parts) {
    const encoding = viewOf(bytes).getInt32(at + 8);
    expect(await decoding.decode(encoding, part.rectangle, bytes.subarray(at + HEADER, at + part.length))).toBe(true);
    at += part.length;
  }
  let sum = 0;
  const { x, y, width, height } = rectangle;
  const channels = [16, 8, 0];
  const shown = decoding.colours();
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      const pixel = new DataView(memory.memory.buffer).getUint32(shared.at(column, row), true);
      for (const shift of channels) {
        sum += (((pixel >> shift) & 255) - ((shown[row]![column]! >> shift) & 255)) ** 2;
      }
    }
  }
  decoding.free();
  return sum / (width * height * 3);
}

const kinds = ({ parts }: EncodedRectangle) => [...new Set(parts.map(({ encoding }) => encoding))];

describe('a photograph for a viewer that reads Cosine', () => {
  it.each([85, 90, 92, 97])(
    'loses no more than JPEG of quality %i, and is no longer than one that loses as little',
    async quality => {
      const shared = await photograph();
      const cosine = await encode(shared, PLACE, { quality, subsampling: '4:4:4' }, encodeTightCosine);
      const jpeg = await encode(shared, PLACE, { quality, subsampling: '4:4:4' });
      expect(kinds(cosine)).toEqual(['cosine']);
      expect(kinds(jpeg)).toEqual([OTHERWISE]);
      // What does not know Cosine takes it for a JPEG, whose length it can tell.
      expect(viewOf(cosine.bytes).getInt32(8)).toBe(ENCODING.tight);
      expect(cosine.bytes[HEADER]).toBe(TIGHT.jpeg);
      expect(cosine.parts.every(({ lossy }) => lossy)).toBe(true);
      const [error, jpegError] = [await errorOf(cosine, shared), await errorOf(jpeg, shared)];
      expect(error).toBeLessThan(needsNative(jpegError * 1.05, MAX_ERROR));
      // As good a JPEG is no shorter, and less so what loses nothing.
      for (let better = quality; better <= 97; better++) {
        const like = await encode(shared, PLACE, { quality: better, subsampling: '4:4:4' });
        if ((await errorOf(like, shared)) > error) continue;
        expect(cosine.bytes.length).toBeLessThan(like.bytes.length * 1.02);
        break;
      }
      shared.free();
    },
  );

  it.each<[string, JpegQuality, string]>([
    // Without JPEG there is nothing shorter.
    ['with much lost, where JPEG is shorter', { quality: 79, subsampling: '4:4:4' }, needsNative('tight', 'cosine')],
    ['with nearly nothing lost', { quality: 100, subsampling: '4:4:4' }, 'tight'],
    ['with a subsampling of its own asked for', { ...FINE, subsamplingRequested: true }, 'tight'],
  ])('is a JPEG (or exact) %s', async (_, jpeg, expected) => {
    const shared = await photograph();
    const { encoder, encoding } = chooseProfile(
      [COSINE.number, ENCODING.tight],
      new WirePixels(BGRX),
      2,
      jpeg,
      nodeCompressors,
    );
    expect(encoding).toBe(expected);
    const otherwise = expected === 'cosine' ? 'cosine' : OTHERWISE;
    expect(kinds(await encode(shared, PLACE, jpeg, encoder))).toEqual([otherwise]);
    shared.free();
  });

  it('is chosen for viewers that list both of its numbers, at a quality where it is better', () => {
    const chosen = (encodings: readonly number[]) =>
      chooseProfile(encodings, new WirePixels(BGRX), 2, FINE, nodeCompressors);
    expect(chosen([ENCODING.tight, COSINE.number])).toMatchObject({ encoding: 'cosine', encoder: encodeTightCosine });
    expect(chosen([ENCODING.tight]).encoding).toBe('tight');
    expect(chosen([COSINE.number, ENCODING.zrle, ENCODING.tight]).encoding).toBe('zrle');
    // What is made good is the same for both, and found in the same place.
    const exact = [chosen([ENCODING.tight, COSINE.number]), chosen([ENCODING.tight])].map(losslessProfile);
    expect(exact[0]?.key).toBe(exact[1]?.key);
  });

  it('is a JPEG (or exact) where its colours change from pixel to pixel', async () => {
    const shared = await photograph();
    const view = new DataView(memory.memory.buffer);
    for (let y = 0; y < SIZE.height; y++) {
      for (let x = 0; x < SIZE.width; x++) {
        const place = shared.at(x, y);
        view.setUint32(place, (view.getUint32(place, true) & 0xc0c0c0) | (noise(x, y) & 0x3f3f3f), true);
      }
    }
    expect(kinds(await encode(shared, PLACE, FINE, encodeTightCosine))).toEqual([OTHERWISE]);
    shared.free();
  });

  it.each([
    { x: 0, y: 0, width: 32, height: 40 },
    { x: 100, y: 50, width: 33, height: 32 },
    { x: 448, y: 300, width: 64, height: 17 },
  ])('may be of any size: %o', async place => {
    const shared = await photograph();
    const encoded = await encode(shared, place, FINE, encodeTightCosine);
    expect(await errorOf(encoded, shared)).toBeLessThan(MAX_ERROR);
    shared.free();
  });
});
