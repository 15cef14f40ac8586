import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Encoder, EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { encodeCosine } from '../../source/codecs/encodings/cosine-data.js';
import { EchoWriter } from '../../source/codecs/encodings/echo-data.js';
import { encodeHextile } from '../../source/codecs/encodings/hextile.js';
import { encodeRaw } from '../../source/codecs/encodings/raw.js';
import { encodeTight, readTight } from '../../source/codecs/encodings/tight.js';
import { encodeTrle } from '../../source/codecs/encodings/trle.js';
import { H264Fault } from '../../source/codecs/video/h264-bits.js';
import { H264Check } from '../../source/codecs/video/h264-check.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import { joined } from '../../source/core/bytes.js';
import { BGRX } from '../../source/core/pixel-format.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { jpegLibrary } from '../../source/native/jpeg-library.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { Decoding } from '../helpers/decoding.js';
import { FILM_SIZE, FILMS, filmUnits } from '../helpers/film.js';
import { plainJpegOf } from '../helpers/plain-jpeg.js';
import { letters, photograph } from '../helpers/scenes.js';
import { paint } from '../pixels/pictures.js';
import { block, compactBlock, deflated, pixel, RED, tpixel, u32, WHITE } from './rfb-bytes.js';

const SIZE = { width: 80, height: 60 };
const RECTANGLE: Rectangle = { x: 3, y: 2, width: 64, height: 48 };
const PIXELS = RECTANGLE.width * RECTANGLE.height;
/** Of a rectangle, before its data. */
const HEADER = 12;

const memory = createPixelMemory();
const scratch = new EncodeScratch(memory, nodeCompressors);
const shared = new Framebuffer(memory, SIZE);
const writer = new EchoWriter(memory);
afterAll(() => {
  for (const each of [scratch, shared, writer]) each.free();
});

const job = {
  ...{ framebuffer: shared, rectangle: RECTANGLE, pixels: new WirePixels(BGRX), level: 6 },
  ...{ jpeg: null, pooled: false },
};

function encoded(encoder: Encoder, echo?: EchoWriter) {
  const result = encoder({ ...job, echo }, scratch);
  if (result instanceof Promise) throw new Error('not at once');
  return result.bytes.slice(HEADER);
}

/** What stands in the place of a JPEG. */
function insteadOfJpeg(bytes: Uint8Array): readonly number[] {
  const reader = new ByteReader();
  reader.push(bytes);
  const found = readTight(reader, RECTANGLE, 3);
  if (found.type !== 'jpeg') throw new Error(`this is ${found.type}`);
  return [...found.data];
}

/**
 * Decodes rectangles one after the other, and what comes of the last one.
 * @returns its error, whether it was whole, and its pixels
 */
async function outcome(encoding: number, rectangles: readonly (readonly number[])[]) {
  const decoding = new Decoding(SIZE);
  let [whole, error]: [boolean, unknown] = [false, null];
  for (const [index, bytes] of rectangles.entries()) {
    try {
      whole = await decoding.decode(encoding, RECTANGLE, Uint8Array.from(bytes));
    } catch (thrown) {
      expect(index).toBe(rectangles.length - 1);
      error = thrown;
    }
  }
  const colours = decoding.colours(RECTANGLE);
  decoding.free();
  return { error, whole, colours };
}

/** All short lengths below `length`, and some of the others. */
async function forLengths(length: number, check: (length: number) => Promise<void> | void): Promise<void> {
  for (let short = 0; short < Math.min(length, 12); short++) await check(short);
  await fc.assert(
    fc.asyncProperty(fc.nat(length - 1), async some => {
      await check(some);
    }),
    { numRuns: 40 },
  );
}

/** The decoder of tests without native code does not look at the end. */
const JPEG = jpegLibrary() ? ['JPEG'] : [];
const REFUSED = { code: 'E_RFB_DECODE', message: expect.stringContaining('The sharer sent a') };

describe('in the place of a JPEG', () => {
  const data = new Map<string, readonly (readonly number[])[]>();

  beforeAll(() => {
    paint(shared, shared.bounds, letters);
    const drawings = [1, 2].map(() => insteadOfJpeg(encoded(encodeTight, writer)));
    data.set('Echo', drawings.slice(0, 1));
    data.set('Echo that goes on', drawings);
    paint(shared, shared.bounds, photograph);
    const cosine = [...joined(encodeCosine(job, { quality: 92, subsampling: '4:4:4' }, scratch))];
    data.set('Cosine', [cosine]);
    data.set('Cosine after another', [cosine, cosine]);
    data.set('JPEG', [[...plainJpegOf(RECTANGLE)]]);
  });

  it.each(['Echo', 'Echo that goes on', 'Cosine', 'Cosine after another', ...JPEG])(
    '%s that is cut off anywhere is refused',
    async name => {
      const whole = data.get(name)!;
      const [before, last] = [whole.slice(0, -1), whole.at(-1)!];
      const wrapped = (bytes: readonly number[]) => [0x90, ...compactBlock(bytes)];
      expect(await outcome(ENCODING.tight, whole.map(wrapped))).toMatchObject({ error: null, whole: true });
      await forLengths(last.length, async length => {
        const { error } = await outcome(ENCODING.tight, [...before, last.slice(0, length)].map(wrapped));
        expect(error).toMatchObject(REFUSED);
      });
    },
  );
});

describe('compressed', () => {
  const pixelsOf = (bytes: number) => Array.from({ length: PIXELS * bytes }, (_, at) => ((at * at) >> 5) & 0xff);
  const tile = [0, ...pixelsOf(3)];
  const palette = [RED, WHITE, 0x123456].flatMap(tpixel);
  const indices = Array.from({ length: PIXELS }, (_, at) => ((at * at) >> 4) % 3);
  it.each<[string, number, readonly number[], (data: readonly number[], compressed?: readonly number[]) => number[]]>([
    [
      'zlib',
      ENCODING.zlib,
      pixelsOf(4),
      (data, compressed) => (compressed ? [...u32(compressed.length), ...compressed] : block(data)),
    ],
    [
      'ZRLE',
      ENCODING.zrle,
      tile,
      (data, compressed) => (compressed ? [...u32(compressed.length), ...compressed] : block(data)),
    ],
    ['Tight', ENCODING.tight, pixelsOf(3), (data, compressed = deflated(data)) => [0, ...compactBlock(compressed)]],
    [
      'Tight anew',
      ENCODING.tight,
      pixelsOf(3),
      (data, compressed = deflated(data)) => [1, ...compactBlock(compressed)],
    ],
    [
      'Tight of a palette',
      ENCODING.tight,
      indices,
      (data, compressed = deflated(data)) => [0x40, 1, 2, ...palette, ...compactBlock(compressed)],
    ],
    [
      'Tight of a gradient',
      ENCODING.tight,
      pixelsOf(3),
      (data, compressed = deflated(data)) => [0x40, 2, ...compactBlock(compressed)],
    ],
  ])('%s that is cut off before or after it was compressed is refused', async (_name, encoding, data, wrapped) => {
    const whole = await outcome(encoding, [wrapped(data)]);
    expect(whole).toMatchObject({ error: null, whole: true });
    await forLengths(data.length, async length => {
      const { error } = await outcome(encoding, [wrapped(data.slice(0, length))]);
      expect(error).toMatchObject(REFUSED);
    });
    const compressed = deflated(data);
    await forLengths(compressed.length, async length => {
      const cut = await outcome(encoding, [wrapped(data, compressed.slice(0, length))]);
      // The last bytes only end the block.
      if (cut.error === null) expect(cut).toEqual(whole);
      else expect(cut.error).toMatchObject(REFUSED);
    });
  });
});

describe('not compressed', () => {
  const scene = (encoder: Encoder) => {
    paint(shared, shared.bounds, letters);
    return [...encoded(encoder)];
  };
  it.each<[string, number, () => readonly number[]]>([
    ['Raw', ENCODING.raw, () => scene(encodeRaw)],
    ['Hextile', ENCODING.hextile, () => scene(encodeHextile)],
    ['TRLE', ENCODING.trle, () => scene(encodeTrle)],
    [
      'RRE',
      ENCODING.rre,
      () => [...u32(2), ...pixel(RED), ...[1, 2].flatMap(x => [...pixel(WHITE), 0, x, 0, 1, 0, 3, 0, 3])],
    ],
    ['CopyRect', ENCODING.copyRect, () => [0, 1, 0, 2]],
    ['Tight of one colour', ENCODING.tight, () => [0x80, ...tpixel(RED)]],
    [
      'Tight of a palette and pixels that are not compressed',
      ENCODING.tight,
      () => [0xe0, 1, 1, ...[RED, WHITE].flatMap(tpixel), ...new Array<number>(PIXELS / 8).fill(0x5a)],
    ],
    ['a block of Tight', ENCODING.tight, () => scene(encodeTight)],
  ])('%s waits for the bytes that are missing', async (_name, encoding, bytes) => {
    const whole = bytes();
    expect(await outcome(encoding, [whole])).toMatchObject({ error: null, whole: true });
    await forLengths(whole.length, async length => {
      expect(await outcome(encoding, [whole.slice(0, length)])).toMatchObject({ error: null, whole: false });
    });
  });
});

it('film that is cut off anywhere is a fault of the film, or goes to the decoder', async () => {
  for (const film of FILMS) {
    const units = filmUnits(film);
    for (const unit of [units[0]!, units[1]!]) {
      await forLengths(unit.length, length => {
        const check = new H264Check(FILM_SIZE);
        if (unit !== units[0]) check.pictures(units[0]!);
        try {
          check.pictures(unit.subarray(0, length));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(H264Fault);
        }
      });
    }
  }
});
