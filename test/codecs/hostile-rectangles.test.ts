import { constants, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerglassError } from '../../source/core/errors.js';
import { BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { Decoding, distinct, type Pieces } from '../helpers/decoding.js';
import { plainJpegOf } from '../helpers/plain-jpeg.js';
import { drawSeed } from '../helpers/seed.js';
import { BGR233, block, compactBlock, deflated, pixel, RED, RGB565, tpixel, u32 } from './rfb-bytes.js';

const SIZE = { width: 40, height: 30 };
/** Leaves a border that nothing may be written to. */
const INSIDE: Rectangle = { x: 3, y: 2, width: 33, height: 25 };
const PIXELS = INSIDE.width * INSIDE.height;
const JPEG = plainJpegOf(INSIDE);

function borderIsUntouched(decoding: Decoding): boolean {
  return decoding.colours().every((row, y) =>
    row.every((colour, x) => {
      const inside = x >= INSIDE.x && x < INSIDE.x + INSIDE.width && y >= INSIDE.y && y < INSIDE.y + INSIDE.height;
      return inside || colour === distinct(y * SIZE.width + x);
    }),
  );
}

async function outcome(
  encoding: number,
  bytes: readonly number[],
  pieces: Pieces,
  format: PixelFormat = BGRX,
): Promise<{ readonly error: unknown; readonly whole: boolean; readonly border: boolean }> {
  const decoding = new Decoding(SIZE, format);
  decoding.fillDistinct();
  try {
    const whole = await decoding.decode(encoding, INSIDE, Uint8Array.from(bytes), pieces);
    return { error: null, whole, border: borderIsUntouched(decoding) };
  } catch (error) {
    return { error, whole: false, border: borderIsUntouched(decoding) };
  } finally {
    decoding.free();
  }
}

const long = (length: number) => new Array<number>(length).fill(0);
const bomb = [...deflateSync(new Uint8Array(40_000_000), { finishFlush: constants.Z_SYNC_FLUSH })];
/** With the height of its frame header changed, which the decompressor would believe. */
const enormousJpeg = () => {
  const bytes = [...JPEG];
  const frame = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xc0);
  bytes.splice(frame + 5, 4, 0xff, 0xff, 0xff, 0xff);
  return bytes;
};

/** With its one scan taken apart into one of each component and `more`. */
const splitJpeg = (more: number) => {
  const scan = JPEG.findIndex((byte, at) => byte === 0xff && JPEG[at + 1] === 0xda);
  const ofLuma = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
  return [...JPEG.subarray(0, scan), ...Array.from({ length: 3 + more }, () => ofLuma).flat(), 0xff, 0xd9];
};
/** With segments before its frame header that say nothing. */
const segmentedJpeg = (segments: number) => [
  ...JPEG.subarray(0, 2),
  ...Array.from({ length: segments }, () => [0xff, 0xfe, 0, 2]).flat(),
  ...JPEG.subarray(2),
];
const progressiveJpeg = () => {
  const bytes = [...JPEG];
  bytes[bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xc0) + 1] = 0xc2;
  return bytes;
};

/** In the place of a JPEG: its sign, its steps, and a byte at least for each of the six units that INSIDE has. */
const cosine = (...bytes: number[]) => [0x90, ...compactBlock([0x43, ...bytes])];

type Hostile = [what: string, encoding: number, bytes: readonly number[], format?: PixelFormat];
const HOSTILE: readonly Hostile[] = [
  ['a copy from right of the picture', ENCODING.copyRect, [0, 8, 0, 0]],
  ['a copy from below the picture', ENCODING.copyRect, [0, 0, 0, 6]],
  ['a copy from very far away', ENCODING.copyRect, [0xff, 0xff, 0xff, 0xff]],
  ['RRE of 2^32 - 1 parts', ENCODING.rre, [...u32(0xffff_ffff), ...pixel(RED)]],
  ['RRE with a part right of it', ENCODING.rre, [...u32(1), ...long(8), 0, 1, 0, 0, 0, 33, 0, 1]],
  ['RRE with a part below it', ENCODING.rre, [...u32(1), ...long(8), 0, 0, 0, 25, 0, 1, 0, 1]],
  ['RRE with a part whose end wraps', ENCODING.rre, [...u32(1), ...long(8), 0xff, 0xff, 0, 0, 0, 2, 0, 1]],
  [
    'RRE that paints everything again and again',
    ENCODING.rre,
    [...u32(400), ...pixel(0), ...Array.from({ length: 400 }, () => [...long(4), ...long(4), 0, 33, 0, 25]).flat()],
  ],
  ['Hextile with a part right of a tile', ENCODING.hextile, [2 | 8, ...pixel(RED), 1, 0x10, 0xf0]],
  ['Hextile with a part below a tile', ENCODING.hextile, [2 | 8, ...pixel(RED), 1, 0x01, 0x0f]],
  ['Hextile with a part right of the last, narrow tile', ENCODING.hextile, [2, ...pixel(RED), 0, 8, 1, 0x00, 0x10]],
  ['zlib of 4 GiB', ENCODING.zlib, u32(0xffff_ffff)],
  ['zlib that is none', ENCODING.zlib, [...u32(4), 1, 2, 3, 4]],
  ['zlib of too few pixels', ENCODING.zlib, block(long(PIXELS * 4 - 1))],
  ['zlib of too many pixels', ENCODING.zlib, block(long(PIXELS * 4 + 1))],
  ['zlib cut off', ENCODING.zlib, [...u32(9), ...deflated(long(PIXELS * 4)).slice(0, 9)]],
  ['zlib that wants a dictionary', ENCODING.zlib, [...u32(6), 0x78, 0xbb, 0, 0, 0, 1]],
  ['ZRLE of 4 GiB', ENCODING.zrle, u32(0xffff_ffff)],
  ['ZRLE with a bomb in it', ENCODING.zrle, [...u32(4000), ...bomb.slice(0, 4000)]],
  ['ZRLE without tiles', ENCODING.zrle, block([])],
  ['ZRLE cut off in a tile', ENCODING.zrle, block([0, 1, 2, 3])],
  ['ZRLE with bytes after its tile', ENCODING.zrle, block([1, 0, 0, 0, 7])],
  ['ZRLE of subencoding 17', ENCODING.zrle, block([17, ...long(900)])],
  ['ZRLE of subencoding 127', ENCODING.zrle, block([127, ...long(900)])],
  ['ZRLE of subencoding 129', ENCODING.zrle, block([129, ...long(900)])],
  ['ZRLE with a run past its tile', ENCODING.zrle, block([128, 0, 0, 0, 255, 255, 255, 255, 0])],
  ['ZRLE with an endless run', ENCODING.zrle, block([128, 0, 0, 0, ...new Array<number>(900).fill(255)])],
  ['ZRLE with a packed index outside its palette', ENCODING.zrle, block([3, ...long(9), 0xff, ...long(300)])],
  ['ZRLE with a run of a colour outside its palette', ENCODING.zrle, block([130, ...long(6), 2, ...long(900)])],
  ['TRLE that reuses a palette that never was', ENCODING.trle, [127, ...long(300)]],
  ['TRLE that packs with a palette too large', ENCODING.trle, [128 + 20, ...long(60), 0xff, 254, 0, 127, ...long(300)]],
  ['Tight of control byte 0xb0', ENCODING.tight, [0xb0]],
  ['Tight of control byte 0xf0', ENCODING.tight, [0xf0]],
  ['Tight with filter 3', ENCODING.tight, [0x40, 3]],
  ['Tight of more rows than it has', ENCODING.tight, [0, ...compactBlock(deflated(long(PIXELS * 3 + 99)))]],
  ['Tight of fewer rows than it has', ENCODING.tight, [0, ...compactBlock(deflated(long(PIXELS * 3 - 99)))]],
  ['Tight that does not inflate', ENCODING.tight, [0, 5, 1, 2, 3, 4, 5]],
  ['Tight with a bomb in it', ENCODING.tight, [0, ...compactBlock(bomb)]],
  [
    'Tight with an index outside its palette',
    ENCODING.tight,
    [0x40, 1, 2, ...[RED, RED, RED].flatMap(tpixel), ...compactBlock(deflated([3, ...long(PIXELS - 1)]))],
  ],
  ['Tight with a gradient in 8 bits', ENCODING.tight, [0x40, 2], BGR233],
  ['Tight with a JPEG that is none', ENCODING.tight, [0x90, 5, 1, 2, 3, 4, 5]],
  ['Tight with an empty JPEG', ENCODING.tight, [0x90, 0]],
  [
    'Tight with a JPEG of another size',
    ENCODING.tight,
    [0x90, ...compactBlock([...plainJpegOf({ width: 25, height: 33 })])],
  ],
  ['Tight with a JPEG that claims to be enormous', ENCODING.tight, [0x90, ...compactBlock(enormousJpeg())]],
  ['Tight with a JPEG of many scans', ENCODING.tight, [0x90, ...compactBlock(splitJpeg(1000))]],
  ['Tight with a JPEG of many segments', ENCODING.tight, [0x90, ...compactBlock(segmentedJpeg(1000))]],
  ['Tight with a progressive JPEG', ENCODING.tight, [0x90, ...compactBlock(progressiveJpeg())]],
  ['Tight with a JPEG cut off', ENCODING.tight, [0x90, ...compactBlock([...JPEG.subarray(0, JPEG.length - 40)])]],
  ['Cosine without its steps', ENCODING.tight, cosine(20)],
  ['Cosine with a step of 0', ENCODING.tight, cosine(20, 0, ...long(6))],
  ['Cosine cut off', ENCODING.tight, cosine(20, 20, ...long(5))],
  ['Cosine with bytes after its macros', ENCODING.tight, cosine(20, 20, ...long(7))],
  ['Cosine with 65 values in a block', ENCODING.tight, cosine(20, 20, 65, ...long(5))],
  ['Cosine with values of 10 bits', ENCODING.tight, cosine(20, 20, 1, 10, ...long(5))],
  ['Cosine with values beyond its end', ENCODING.tight, cosine(20, 20, ...long(5), 1, 8)],
];

describe.each<Pieces>(['whole', 'byte by byte'])('a rectangle that arrives %s', pieces => {
  it.each<Hostile>([...HOSTILE])('is refused when it is %s', async (_what, encoding, bytes, format) => {
    const { error, border } = await outcome(encoding, bytes, pieces, format);
    expect(error).toMatchObject({ code: 'E_RFB_DECODE' });
    expect(border).toBe(true);
  });
});

it('is refused when its gradient is too wide', async () => {
  const decoding = new Decoding({ width: 2049, height: 1 });
  const bytes = Uint8Array.from([0x40, 2]);
  const rectangle = { x: 0, y: 0, width: 2049, height: 1 };
  await expect(decoding.decode(ENCODING.tight, rectangle, bytes)).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
  decoding.free();
});

it('does not use a damaged stream again', async () => {
  const decoding = new Decoding(SIZE);
  const good = Uint8Array.from(block(long(PIXELS * 4)));
  const bad = good.slice();
  bad.fill(0xff, 6);
  await expect(decoding.decode(ENCODING.zlib, INSIDE, bad)).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
  await expect(decoding.decode(ENCODING.zlib, INSIDE, good)).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
  decoding.free();
});

describe('any bytes at all', () => {
  const encodings = [ENCODING.rre, ENCODING.hextile, ENCODING.zlib, ENCODING.zrle, ENCODING.trle, ENCODING.tight];

  /** Bytes that get somewhere: noise of few values, whole streams around it, JPEG with changed bytes. */
  const bytes = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 }),
    fc.array(fc.constantFrom(0, 1, 2, 3, 8, 16, 127, 128, 129, 130, 255), { maxLength: 3000 }),
    fc.array(fc.constantFrom(0, 1, 2, 3, 5, 127, 128, 129, 131), { minLength: 1, maxLength: 3000 }).map(block),
    fc
      .tuple(
        fc.constantFrom(0x00, 0x10, 0x21, 0x40, 0x50, 0x74, 0x80, 0x90, 0xa0, 0xe0),
        fc.uint8Array({ maxLength: 3 }),
      )
      .chain(([control, filter]) =>
        fc
          .array(fc.integer({ min: 0, max: 3 }), { minLength: 0, maxLength: 3000 })
          .map(data => [control, ...filter, ...compactBlock(deflated(data))]),
      ),
    fc.array(fc.tuple(fc.nat(JPEG.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }).map(changes => {
      const jpeg = [...JPEG];
      for (const [at, byte] of changes) jpeg[at] = byte;
      return [0x90, ...compactBlock(jpeg)];
    }),
  );

  it('end in pixels, a request for more bytes, or a declared error, and stay inside the rectangle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...encodings),
        bytes,
        fc.constantFrom(BGRX, RGB565, BGR233),
        fc.constantFrom<Pieces>('whole', 'byte by byte'),
        async (encoding, bytes, format, pieces) => {
          const { error, border } = await outcome(encoding, bytes, bytes.length > 400 ? 'whole' : pieces, format);
          expect(border).toBe(true);
          if (error === null || (error instanceof PeerglassError && error.code === 'E_RFB_DECODE')) return;
          // More bytes than the rectangle needs are the next message's, not an error of this one.
          expect(error).toMatchObject({ message: expect.stringContaining('left over') });
        },
      ),
      { seed: drawSeed(), numRuns: 2000 },
    );
  });
});
