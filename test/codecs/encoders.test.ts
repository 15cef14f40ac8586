import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EncodedRectangle,
  type Encoder,
  EncodeScratch,
  withStreamHeader,
} from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { encodeHextile } from '../../source/codecs/encodings/hextile.js';
import { encodeRaw } from '../../source/codecs/encodings/raw.js';
import { encodeTight } from '../../source/codecs/encodings/tight.js';
import { encodeZlib } from '../../source/codecs/encodings/zlib.js';
import { encodeZrle } from '../../source/codecs/encodings/zrle.js';
import type { JpegQuality } from '../../source/codecs/jpeg/jpeg-library.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import { BGR233, BGRX, type PixelFormat, pixelFormatKey } from '../../source/core/pixel-format.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { needsNative } from '../helpers/needs-native.js';
import { ReferenceDecoder, ReferencePicture } from '../helpers/reference-decoder.js';
import { drawSeed } from '../helpers/seed.js';

const memory = createPixelMemory();
const scratch = new EncodeScratch(memory, nodeCompressors);
const SIZE = { width: 300, height: 160 };
const framebuffer = new Framebuffer(memory, SIZE);

const RGB565: PixelFormat = {
  ...BGRX,
  ...{ bitsPerPixel: 16, depth: 16, redMax: 31, greenMax: 63, blueMax: 31, redShift: 11, greenShift: 5, blueShift: 0 },
};
const FORMATS: readonly PixelFormat[] = [
  BGRX,
  { ...BGRX, bigEndian: true },
  { ...BGRX, redShift: 0, blueShift: 16 },
  { ...BGRX, redShift: 24, greenShift: 16, blueShift: 8 },
  { ...BGRX, redShift: 24, greenShift: 16, blueShift: 8, bigEndian: true },
  { ...BGRX, depth: 32 },
  { ...BGRX, depth: 30, redMax: 1023, greenMax: 1023, blueMax: 1023, redShift: 20, greenShift: 10 },
  RGB565,
  { ...RGB565, bigEndian: true },
  { ...RGB565, depth: 15, greenMax: 31, redShift: 10 },
  BGR233,
  { ...BGR233, redShift: 5, greenShift: 2, blueShift: 0 },
  { ...BGR233, depth: 6, redMax: 3, greenMax: 3, redShift: 4, greenShift: 2, blueShift: 0 },
];
const ENCODERS: Readonly<Record<string, Encoder>> = {
  raw: encodeRaw,
  hextile: encodeHextile,
  zlib: encodeZlib,
  zrle: encodeZrle,
  tight: encodeTight,
};

type Paint = (x: number, y: number) => number;
const noise: Paint = (x, y) => Math.imul(x * 7919 + y * 104_729 + 1, 0x9e3779b1) & 0xffffff;
const PAINTS: Readonly<Record<string, Paint>> = {
  'one colour': () => 0x123456,
  'two colours': (x, y) => (noise(x, y) & 0x300 ? 0xffffff : 0x101010),
  'bars of four colours': x => [0xff0000, 0x00ff00, 0x0000ff, 0xffffff][(x >> 3) & 3]!,
  'twelve colours': (x, y) => (((x >> 2) + (y >> 1)) % 12) * 0x151515,
  'a hundred colours': (x, y) => (noise(x >> 1, y) % 100) * 0x020202,
  'two hundred and fifty colours': (x, y) => (noise(x, y) % 250) * 0x010101,
  'a gradient': (x, y) => ((x & 255) << 16) | ((y & 255) << 8) | ((x + y) & 255),
  noise,
};

function fill(paint: Paint): void {
  const view = new DataView(memory.memory.buffer);
  for (let y = 0; y < SIZE.height; y++) {
    // The fourth byte has no meaning and must not get out.
    for (let x = 0; x < SIZE.width; x++) view.setUint32(framebuffer.at(x, y), paint(x, y) | 0xa7000000, true);
  }
}

/** What a colour becomes in a format and back. */
function quantised(colour: number, { redMax, greenMax, blueMax }: PixelFormat): number {
  const channel = (value: number, max: number) => Math.round((Math.floor((value * max + 127) / 255) * 255) / max);
  const [red, green, blue] = [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];
  return (channel(red, redMax) << 16) | (channel(green, greenMax) << 8) | channel(blue, blueMax);
}

async function encode(
  name: string,
  rectangle: Rectangle,
  format: PixelFormat,
  { pooled = false, level = 2, jpeg = null as JpegQuality | null } = {},
): Promise<EncodedRectangle> {
  scratch.reserve(rectangle.width * rectangle.height);
  const job = { framebuffer, rectangle, pixels: new WirePixels(format), level, jpeg, pooled };
  return ENCODERS[name]!(job, scratch);
}

/** Decodes rectangles as one connection's. */
function decode(rectangles: readonly EncodedRectangle[], decoder: ReferenceDecoder): ReferencePicture {
  const picture = new ReferencePicture(SIZE);
  const begun = new Set<string>();
  for (const encoded of rectangles) {
    const first = encoded.stream !== null && !begun.has(encoded.stream);
    if (encoded.stream) begun.add(encoded.stream);
    const reader = new ByteReader();
    reader.push(first ? withStreamHeader(encoded) : encoded.bytes);
    for (const part of encoded.parts) {
      const place = { x: reader.u16(), y: reader.u16(), width: reader.u16(), height: reader.u16() };
      expect(place).toEqual(part.rectangle);
      decoder.decode(reader, reader.s32(), place, picture);
    }
    expect(reader.available).toBe(0);
  }
  return picture;
}

function expectExact(picture: ReferencePicture, area: Rectangle, paint: Paint, format: PixelFormat): void {
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++) {
      if (picture.at(x, y) !== quantised(paint(x, y), format)) {
        expect.fail(`${x}, ${y}: ${picture.at(x, y).toString(16)} for ${quantised(paint(x, y), format).toString(16)}`);
      }
    }
  }
}

describe.each(Object.keys(ENCODERS))('%s', name => {
  it.each(FORMATS.map(format => [pixelFormatKey(format), format] as const))('is exact in %s', async (_, format) => {
    for (const paint of Object.values(PAINTS)) {
      fill(paint);
      const areas = [
        { x: 0, y: 0, width: 256, height: 64 },
        { x: 17, y: 33, width: 67, height: 70 },
        { x: 299, y: 159, width: 1, height: 1 },
      ];
      const rectangles = [];
      for (const area of areas) rectangles.push(await encode(name, area, format));
      const picture = decode(rectangles, new ReferenceDecoder(format));
      for (const area of areas) expectExact(picture, area, paint, format);
    }
  });

  it('is exact for any rectangle, content, format and level, at once and on the pool', async () => {
    const size = (most: number) => fc.integer({ min: 1, max: most });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(PAINTS)),
        fc.constantFrom(...FORMATS),
        fc.array(fc.record({ x: size(299), y: size(159), width: size(300), height: size(100) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        async (paint, format, asked, level, pooled) => {
          fill(paint);
          const areas = asked.map(({ x, y, width, height }) => ({
            ...{ x, y },
            width: Math.min(width, SIZE.width - x),
            height: Math.min(height, SIZE.height - y),
          }));
          const pending = areas.map(area => encode(name, area, format, { level, pooled }));
          // The framebuffer goes on while the pool works.
          fill(noise);
          const picture = decode(await Promise.all(pending), new ReferenceDecoder(format));
          for (const area of areas) expectExact(picture, area, paint, format);
        },
      ),
      { seed: drawSeed(), numRuns: 60 },
    );
  });

  it('may be put together in any order', async () => {
    fill(PAINTS['a hundred colours']!);
    const areas = [0, 1, 2, 3, 4].map(index => ({ x: index * 50, y: index * 20, width: 64 - index, height: 64 }));
    const rectangles = await Promise.all(areas.map(area => encode(name, area, BGRX)));
    for (const order of [rectangles, [...rectangles].reverse(), [...rectangles, ...rectangles]]) {
      const picture = decode(order, new ReferenceDecoder(BGRX));
      for (const area of areas) expectExact(picture, area, PAINTS['a hundred colours']!, BGRX);
    }
  });

  it('never sends what the fourth byte of a pixel holds', async () => {
    fill(() => 0);
    const { bytes } = await encode('raw', { x: 0, y: 0, width: 8, height: 8 }, BGRX);
    expect(bytes.subarray(12).every(byte => byte === 0)).toBe(true);
  });
});

describe('Tight with a quality', () => {
  const area = { x: 0, y: 0, width: 256, height: 64 };
  const jpeg: JpegQuality = { quality: 90, subsampling: '4:4:4' };
  const photograph: Paint = (x, y) => {
    const wave = (period: number, phase: number) => Math.round(100 + 50 * Math.sin((x + y / 3) / period + phase));
    const grain = noise(x, y) & 15;
    return ((wave(9, 0) + grain) << 16) | ((wave(13, 1) + grain) << 8) | (wave(7, y / 5) + grain);
  };
  /** Strokes on a ground, with smoothed edges as a font renderer makes them. */
  const text = (ground: Paint): Paint => {
    return (x, y) => {
      const column = (x * 3 + (y >> 3) * 5) % 11;
      const ink = y % 14 < 10 ? (column === 0 ? 1 : column === 3 ? 0.5 : 0) : 0;
      const paper = ground(x, y);
      const channel = (shift: number) => Math.round(((paper >> shift) & 255) * (1 - ink));
      return (channel(16) << 16) | (channel(8) << 8) | channel(0);
    };
  };

  it.each([false, true])(
    'sends photographs as JPEG, or exactly where it cannot be written (pooled: %s)',
    async pooled => {
      fill(photograph);
      const encoded = await encode('tight', area, BGRX, { jpeg, pooled });
      expect(encoded.parts).toEqual([
        {
          encoding: needsNative('tight-jpeg', 'tight'),
          lossy: needsNative(true, false),
          ...{ rectangle: area, length: encoded.bytes.length },
        },
      ]);
      const picture = decode([encoded], new ReferenceDecoder(BGRX));
      let worst = 0;
      for (let y = 0; y < area.height; y++) {
        for (let x = 0; x < area.width; x++) {
          for (const shift of [16, 8, 0]) {
            const off = ((picture.at(x, y) >> shift) & 255) - ((photograph(x, y) >> shift) & 255);
            worst = Math.max(worst, Math.abs(off));
          }
        }
      }
      expect(worst).toBeLessThan(needsNative(40, 1));
    },
  );

  it.each([
    ['white', () => 0xffffff],
    ['a gradient across', (x: number) => 0x808080 + (x >> 2) * 0x010101],
    ['a gradient in colours', (x: number, y: number) => ((128 + (x >> 1)) << 16) | ((255 - y) << 8) | (120 + (x >> 2))],
  ] as const)('never sends text on %s as JPEG', async (_, ground) => {
    const paint = text(ground);
    fill(paint);
    for (const x of [0, 40]) {
      const encoded = await encode('tight', { ...area, x }, BGRX, { jpeg });
      expect(encoded.parts.some(({ lossy }) => lossy)).toBe(false);
      expectExact(decode([encoded], new ReferenceDecoder(BGRX)), { ...area, x }, paint, BGRX);
    }
  });

  it('keeps drawings of many colours exact', async () => {
    const patches: Paint = (x, y) => ((((x >> 3) * 31 + (y >> 3) * 17) % 200) + 1) * 0x010203;
    fill(patches);
    const encoded = await encode('tight', area, BGRX, { jpeg });
    expect(encoded.parts.some(({ lossy }) => lossy)).toBe(false);
    expectExact(decode([encoded], new ReferenceDecoder(BGRX)), area, patches, BGRX);
  });

  it('keeps a smooth drawing of many colours exact, to its first pixel', async () => {
    const smooth: Paint = (x, y) =>
      0x606060 + (x & 1) + (y % 64) * 0x0100 + (x % 64 === 9 && y % 64 < 8 ? 0x500000 : 0);
    fill(smooth);
    const encoded = await encode('tight', { x: 0, y: 0, width: 64, height: 64 }, BGRX, { jpeg });
    expect(encoded.parts.some(({ lossy }) => lossy)).toBe(false);
    expectExact(decode([encoded], new ReferenceDecoder(BGRX)), { x: 0, y: 0, width: 64, height: 64 }, smooth, BGRX);
  });

  it.each([false, true])('keeps text exact beside a photograph in one rectangle (pooled: %s)', async pooled => {
    const words = text(() => 0xfffff0);
    const both: Paint = (x, y) => (x >= 70 && y >= 60 ? photograph(x, y) : words(x, y));
    fill(both);
    const encoded = await encode('tight', { x: 0, y: 0, width: 256, height: 140 }, BGRX, { jpeg, pooled });
    const lossy = encoded.parts.filter(part => part.lossy);
    expect(lossy.length > 0).toBe(needsNative(true, false));
    const picture = decode([encoded], new ReferenceDecoder(BGRX));
    expectExact(picture, { x: 0, y: 0, width: 256, height: 60 }, both, BGRX);
    expectExact(picture, { x: 0, y: 0, width: 64, height: 140 }, both, BGRX);
    const pixels = encoded.parts.reduce((sum, part) => sum + part.rectangle.width * part.rectangle.height, 0);
    expect(pixels).toBe(256 * 140);
    const photographed = lossy.reduce((sum, part) => sum + part.rectangle.width * part.rectangle.height, 0);
    expect(photographed > 100 * 60).toBe(needsNative(true, false));
  });

  it('sends no JPEG to 8 bits a pixel', async () => {
    fill(photograph);
    expect((await encode('tight', area, BGR233, { jpeg })).parts.some(({ lossy }) => lossy)).toBe(false);
  });
});
