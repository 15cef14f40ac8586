import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Encoder, EncodeScratch, withStreamHeader } from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { encodeHextile } from '../../source/codecs/encodings/hextile.js';
import { encodeRaw } from '../../source/codecs/encodings/raw.js';
import { encodeTight } from '../../source/codecs/encodings/tight.js';
import { encodeTrle } from '../../source/codecs/encodings/trle.js';
import { encodeZlib } from '../../source/codecs/encodings/zlib.js';
import { encodeZrle } from '../../source/codecs/encodings/zrle.js';
import { BGR233, BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { Decoding, type Pieces } from '../helpers/decoding.js';

const ENCODERS: readonly (readonly [encoding: number, encoder: Encoder])[] = [
  [ENCODING.raw, encodeRaw],
  [ENCODING.hextile, encodeHextile],
  [ENCODING.zlib, encodeZlib],
  [ENCODING.zrle, encodeZrle],
  [ENCODING.trle, encodeTrle],
  [ENCODING.tight, encodeTight],
];
const SIZE = { width: 150, height: 100 };
/** Bytes of a rectangle's header. */
const HEADER = 12;

const shifts = fc.shuffledSubarray([0, 8, 16, 24], { minLength: 3, maxLength: 3 });
const anyFormat: fc.Arbitrary<PixelFormat> = fc.oneof(
  fc.constantFrom(BGRX, BGR233),
  fc
    .record({ shifts, bigEndian: fc.boolean(), depth: fc.constantFrom(24, 32) })
    .map(({ shifts: [redShift, greenShift, blueShift], bigEndian, depth }) => {
      return { ...BGRX, bigEndian, depth, redShift: redShift!, greenShift: greenShift!, blueShift: blueShift! };
    }),
  fc.record({ bits: fc.constantFrom(3, 4, 5), bigEndian: fc.boolean() }).map(({ bits, bigEndian }) => ({
    ...{ ...BGRX, bitsPerPixel: 16 as const, depth: 16, bigEndian },
    ...{ redMax: 2 ** bits - 1, greenMax: 2 ** (bits + 1) - 1, blueMax: 2 ** bits - 1 },
    ...{ redShift: 2 * bits + 1, greenShift: bits, blueShift: 0 },
  })),
);
const area = fc
  .record({
    x: fc.nat(149),
    y: fc.nat(99),
    width: fc.integer({ min: 1, max: 150 }),
    height: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ x, y, width, height }) => {
    return { x, y, width: Math.min(width, SIZE.width - x), height: Math.min(height, SIZE.height - y) };
  });

/** What a colour is after it has been through a format. */
function quantised(colour: number, { redMax, greenMax, blueMax }: PixelFormat): number {
  const channel = (value: number, max: number) => Math.round((Math.floor((value * max + 127) / 255) * 255) / max);
  const [red, green, blue] = [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];
  return (channel(red, redMax) << 16) | (channel(green, greenMax) << 8) | channel(blue, blueMax);
}

it('shows what a sharer encoded, in any format and of any content, rectangle after rectangle', async () => {
  const memory = createPixelMemory();
  const shared = new Framebuffer(memory, SIZE);
  const scratch = new EncodeScratch(memory, nodeCompressors);
  const paint = (colours: number, seed: number) => {
    const view = new DataView(memory.memory.buffer, shared.pointer);
    for (let at = 0; at < SIZE.width * SIZE.height; at++) {
      const pick = Math.imul((at >> 2) + seed, 0x9e3779b1) >>> 8;
      view.setUint32(at * 4, Math.imul((pick % colours) + 1, 0x85ebca6b) & 0xffffff, true);
    }
  };
  const colourAt = (x: number, y: number) => {
    return new DataView(memory.memory.buffer).getUint32(shared.at(x, y), true) & 0xffffff;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ENCODERS),
      anyFormat,
      fc.array(fc.record({ area, colours: fc.constantFrom(1, 2, 3, 4, 12, 100, 200, 1000), seed: fc.nat() }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.integer({ min: 0, max: 9 }),
      fc.constantFrom<Pieces>('whole', 'byte by byte'),
      async ([encoding, encoder], format, steps, level, pieces) => {
        const decoding = new Decoding(SIZE, format);
        const begun = new Set<string>();
        for (const { area, colours, seed } of steps) {
          paint(colours, seed);
          scratch.reserve(area.width * area.height);
          const job = { framebuffer: shared, rectangle: area, pixels: new WirePixels(format), level, jpeg: null };
          const encoded = await encoder({ ...job, pooled: false }, scratch);
          const first = encoded.stream !== null && !begun.has(encoded.stream);
          if (encoded.stream) begun.add(encoded.stream);
          const bytes = first ? withStreamHeader(encoded) : encoded.bytes;
          const arrives = bytes.length > 2000 ? 'whole' : pieces;
          expect(await decoding.decode(encoding, area, bytes.subarray(HEADER), arrives)).toBe(true);
          // As text: vitest takes a second to compare so many numbers one by one.
          const right = expected(area, (x, y) => quantised(colourAt(x, y), format));
          expect(decoding.colours(area).join(' ')).toBe(right.join(' '));
        }
        decoding.free();
      },
    ),
    { numRuns: 150 },
  );
});

function expected({ x, y, width, height }: Rectangle, colour: (x: number, y: number) => number): number[][] {
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => colour(x + column, y + row)),
  );
}
