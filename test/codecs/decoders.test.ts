import { deflateSync, constants as zlib } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BGRX } from '../../source/core/pixel-format.js';
import { createInflater } from '../../source/node/inflater.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { Decoding, distinct, type Pieces } from '../helpers/decoding.js';
import {
  around,
  BGR233,
  BLACK,
  BLUE,
  block,
  cpixel,
  type DecodedWith,
  decoded as decodedInPieces,
  GREEN,
  inside,
  ODD,
  pixel,
  pixels,
  RED,
  RGB565,
  tpixel,
  u32,
  WHITE,
  whole,
} from './rfb-bytes.js';

describe.each<Pieces>(['whole', 'byte by byte'])('bytes that arrive %s', pieces => {
  const decoded = (encoding: number, bytes: readonly number[], options?: DecodedWith) =>
    decodedInPieces(pieces, encoding, bytes, options);

  describe('Raw', () => {
    it('is its pixels', async () => {
      const colours = await decoded(ENCODING.raw, pixels(RED, GREEN, BLUE, ODD), { rectangle: inside });
      expect(colours).toEqual(around(RED, GREEN, BLUE, ODD));
    });

    it('is its pixels over the whole width', async () => {
      const sixteen = [RED, GREEN, BLUE, WHITE, BLACK, ODD, RED, RED, WHITE, WHITE, BLUE, BLUE, ODD, ODD, ODD, GREEN];
      expect((await decoded(ENCODING.raw, pixels(...sixteen))).flat()).toEqual(sixteen);
    });

    it('is its pixels in 16 bits, either way round', async () => {
      // 11111 000000 00000, 00000 111111 00000, 00000 000000 11111, 10000 100000 10000
      const little = [0x00, 0xf8, 0xe0, 0x07, 0x1f, 0x00, 0x10, 0x84];
      const grey =
        (Math.round((16 * 255) / 31) << 16) | (Math.round((32 * 255) / 63) << 8) | Math.round((16 * 255) / 31);
      const expected = around(RED, GREEN, BLUE, grey);
      expect(await decoded(ENCODING.raw, little, { rectangle: inside, format: RGB565 })).toEqual(expected);
      const big = [0xf8, 0x00, 0x07, 0xe0, 0x00, 0x1f, 0x84, 0x10];
      const format = { ...RGB565, bigEndian: true };
      expect(await decoded(ENCODING.raw, big, { rectangle: inside, format })).toEqual(expected);
    });

    it('is its pixels in 8 bits', async () => {
      const colours = await decoded(ENCODING.raw, [0x07, 0x38, 0xc0, 0xff], { rectangle: inside, format: BGR233 });
      expect(colours).toEqual(around(RED, GREEN, BLUE, WHITE));
    });

    it('is its pixels in other orders of 32 bits', async () => {
      const format = { ...BGRX, redShift: 24, greenShift: 16, blueShift: 8, bigEndian: true };
      const bytes = [0xff, 0, 0, 9, 0, 0xff, 0, 9, 0, 0, 0xff, 9, 0x12, 0x34, 0x56, 9];
      expect(await decoded(ENCODING.raw, bytes, { rectangle: inside, format })).toEqual(around(RED, GREEN, BLUE, ODD));
    });
  });

  describe('CopyRect', () => {
    it('copies pixels from elsewhere', async () => {
      const colours = await decoded(ENCODING.copyRect, [0, 2, 0, 2], { rectangle: { ...inside, x: 0, y: 0 } });
      expect(colours.slice(0, 2)).toEqual([
        [distinct(10), distinct(11), distinct(2), distinct(3)],
        [distinct(14), distinct(15), distinct(6), distinct(7)],
      ]);
    });

    it.each([
      ['down right', [0, 0], { x: 1, y: 1 }],
      ['up left', [1, 1], { x: 0, y: 0 }],
      ['right', [0, 0], { x: 1, y: 0 }],
      ['left', [1, 0], { x: 0, y: 0 }],
      ['up right', [0, 1], { x: 1, y: 0 }],
    ] as const)('may lie over what it copies, %s', async (_where, [fromX, fromY], to) => {
      const rectangle = { ...to, width: 3, height: 3 };
      const colours = await decoded(ENCODING.copyRect, [0, fromX, 0, fromY], { rectangle });
      for (let y = 0; y < 3; y++) {
        for (let x = 0; x < 3; x++) expect(colours[to.y + y]![to.x + x]).toBe(distinct((fromY + y) * 4 + fromX + x));
      }
    });
  });

  describe('RRE', () => {
    it('is a background and rectangles on it, the later ones above', async () => {
      const bytes = [
        ...[...u32(3), ...pixel(WHITE)],
        ...[...pixel(RED), 0, 0, 0, 0, 0, 2, 0, 1],
        ...[...pixel(BLUE), 0, 1, 0, 0, 0, 1, 0, 2],
        ...[...pixel(GREEN), 0, 0, 0, 1, 0, 0, 0, 1],
      ];
      const colours = await decoded(ENCODING.rre, bytes, { rectangle: inside });
      expect(colours).toEqual(around(RED, BLUE, WHITE, BLUE));
    });

    it('may be a background only', async () => {
      expect(await decoded(ENCODING.rre, [...u32(0), ...pixel(ODD)], { rectangle: inside })).toEqual(
        around(ODD, ODD, ODD, ODD),
      );
    });
  });

  describe('Hextile', () => {
    const size = { width: 20, height: 18 };
    const rectangle = { x: 1, y: 1, width: 18, height: 17 };

    it('is tiles in rows, which pass their colours on', async () => {
      const bytes = [
        ...[2 | 4 | 8, ...pixel(WHITE), ...pixel(RED), 2, 0x00, 0x00, 0xef, 0x10],
        ...[8, 1, 0x11, 0x01],
        ...[2 | 8 | 16, ...pixel(BLACK), 2, ...pixel(GREEN), 0x00, 0x00, ...pixel(BLUE), 0xf0, 0x00],
        ...[1, ...pixels(ODD, RED)],
      ];
      const colours = await decoded(ENCODING.hextile, bytes, { rectangle, size });
      const expected = (x: number, y: number) => {
        if (x < 1 || y < 1 || x > 18) return distinct(y * 20 + x);
        const [column, row] = [x - 1, y - 1];
        if (row < 16 && column < 16) {
          return (row === 0 && column === 0) || (row === 15 && (column === 14 || column === 15)) ? RED : WHITE;
        }
        if (row < 16) return column === 17 && (row === 1 || row === 2) ? RED : WHITE;
        if (column < 16) return column === 0 ? GREEN : column === 15 ? BLUE : BLACK;
        return column === 16 ? ODD : RED;
      };
      expect(colours).toEqual(
        Array.from({ length: 18 }, (_, y) => Array.from({ length: 20 }, (_, x) => expected(x, y))),
      );
    });

    it('is tiles in 16 bits', async () => {
      const bytes = [2 | 4 | 8, 0xe0, 0x07, 0x00, 0xf8, 1, 0x11, 0x00];
      const colours = await decoded(ENCODING.hextile, bytes, { rectangle: inside, format: RGB565 });
      expect(colours).toEqual(around(GREEN, GREEN, GREEN, RED));
    });
  });

  describe('zlib', () => {
    it('is Raw in one continuous stream', async () => {
      const stream = Buffer.concat([
        deflateSync(Uint8Array.from(pixels(RED, GREEN, BLUE, ODD)), { finishFlush: zlib.Z_SYNC_FLUSH }),
      ]);
      const decoding = new Decoding({ width: 4, height: 4 });
      decoding.fillDistinct();
      await decoding.decode(ENCODING.zlib, inside, Uint8Array.from([...u32(stream.length), ...stream]), pieces);
      expect(decoding.colours()).toEqual(around(RED, GREEN, BLUE, ODD));
      // A stored block: final 0, type 00, length 4 and its complement.
      const more = [0, 4, 0, 0xfb, 0xff, ...pixel(WHITE)];
      const one = { ...inside, width: 1, height: 1 };
      await decoding.decode(ENCODING.zlib, one, Uint8Array.from([...u32(more.length), ...more]), pieces);
      expect(decoding.colours()).toEqual(around(WHITE, GREEN, BLUE, ODD));
      decoding.free();
    });
  });

  describe('ZRLE', () => {
    const zrle = (tiles: readonly number[], options?: DecodedWith) =>
      decoded(ENCODING.zrle, block(tiles), { rectangle: inside, ...options });

    it('is raw tiles of CPIXELs', async () => {
      expect(await zrle([0, ...[RED, GREEN, BLUE, ODD].flatMap(cpixel)])).toEqual(around(RED, GREEN, BLUE, ODD));
    });

    it('is CPIXELs of the upper three bytes and of big endian formats', async () => {
      const tiles = [0, ...[RED, GREEN, BLUE, ODD].flatMap(tpixel)];
      const upper = { ...BGRX, redShift: 8, greenShift: 16, blueShift: 24 };
      expect(await zrle(tiles, { format: upper })).toEqual(around(RED, GREEN, BLUE, ODD));
      expect(await zrle(tiles, { format: { ...BGRX, bigEndian: true } })).toEqual(around(RED, GREEN, BLUE, ODD));
    });

    it('is CPIXELs of four bytes where none can be left out', async () => {
      const format = { ...BGRX, redShift: 24 };
      const tiles = [1, 0x56, 0x34, 0x00, 0x12];
      expect(await zrle(tiles, { format })).toEqual(around(ODD, ODD, ODD, ODD));
    });

    it('is tiles of one colour', async () => {
      expect(await zrle([1, ...cpixel(ODD)])).toEqual(around(ODD, ODD, ODD, ODD));
    });

    it.each([
      [2, 1, [0b01_000000, 0b10_000000], [RED, GREEN, GREEN, RED]],
      [3, 2, [0b00_10_0000, 0b01_01_0000], [RED, BLUE, GREEN, GREEN]],
      [4, 2, [0b11_00_0000, 0b01_10_0000], [WHITE, RED, GREEN, BLUE]],
      [5, 4, [0x40, 0x12], [BLACK, RED, GREEN, BLUE]],
    ])('is tiles of %i colours in %i bits', async (count, _bits, indices, expected) => {
      const palette = [RED, GREEN, BLUE, WHITE, BLACK].slice(0, count).flatMap(cpixel);
      expect(await zrle([count, ...palette, ...indices])).toEqual(
        around(...(expected as [number, number, number, number])),
      );
    });

    it('is runs that continue in the next row', async () => {
      expect(await zrle([128, ...cpixel(RED), 2, ...cpixel(BLUE), 0])).toEqual(around(RED, RED, RED, BLUE));
    });

    it('is long runs, 255 a byte', async () => {
      const size = { width: 64, height: 16 };
      const rectangle = { x: 0, y: 0, ...size };
      // 1 + 255 + 255 + 0 = 511, 1 + 254 = 255, 1 + 255 + 2 = 258: 1024 pixels
      const tiles = [128, ...cpixel(RED), 255, 255, 0, ...cpixel(GREEN), 254, ...cpixel(BLUE), 255, 2];
      const colours = (await zrle(tiles, { rectangle, size })).flat();
      expect(colours.indexOf(GREEN)).toBe(511);
      expect(colours.indexOf(BLUE)).toBe(766);
      expect(colours.lastIndexOf(BLUE)).toBe(1023);
    });

    it('is runs of palette colours', async () => {
      const tiles = [130, ...cpixel(RED), ...cpixel(BLUE), 0, 0x81, 1, 0];
      expect(await zrle(tiles)).toEqual(around(RED, BLUE, BLUE, RED));
    });

    it('is tiles in rows, the last ones smaller', async () => {
      const size = { width: 66, height: 65 };
      const tiles = [1, ...cpixel(RED), 1, ...cpixel(GREEN), 1, ...cpixel(BLUE), 0, ...cpixel(ODD), ...cpixel(WHITE)];
      const colours = await zrle(tiles, { rectangle: { x: 0, y: 0, ...size }, size });
      expect([colours[0]![0], colours[63]![63], colours[0]![64], colours[63]![65]]).toEqual([RED, RED, GREEN, GREEN]);
      expect([colours[64]![0], colours[64]![63], colours[64]![64], colours[64]![65]]).toEqual([BLUE, BLUE, ODD, WHITE]);
    });

    it('is PIXELs in 16 bits', async () => {
      expect(await zrle([1, 0x00, 0xf8], { format: RGB565 })).toEqual(around(RED, RED, RED, RED));
    });
  });

  describe('TRLE', () => {
    it('is tiles of 16 that may take an earlier palette', async () => {
      const size = { width: 48, height: 1 };
      const bits = (pattern: number) => [pattern, pattern];
      const bytes = [
        2,
        ...cpixel(RED),
        ...cpixel(BLUE),
        ...bits(0b01010101),
        127,
        ...bits(0b11110000),
        129,
        0x81,
        9,
        0x80,
        5,
      ];
      const [row] = await decoded(ENCODING.trle, bytes, { rectangle: { x: 0, y: 0, ...size }, size });
      const letters = row!.map(colour => (colour === RED ? 'r' : colour === BLUE ? 'b' : '?')).join('');
      expect(letters).toBe('rbrbrbrbrbrbrbrbbbbbrrrrbbbbrrrrbbbbbbbbbbrrrrrr');
    });
  });
});

it('decodes the same with streams in another memory', async () => {
  const decoding = new Decoding({ width: 4, height: 4 }, BGRX, createInflater());
  const sixteen = Array.from({ length: 16 }, (_, at) => distinct(at));
  await decoding.decode(ENCODING.zlib, whole, Uint8Array.from(block(pixels(...sixteen))));
  expect(decoding.colours().flat()).toEqual(sixteen);
  decoding.free();
});
