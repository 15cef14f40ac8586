import { describe, expect, it } from 'vitest';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { Decoding, distinct, type Pieces } from '../helpers/decoding.js';
import { plainJpegOf } from '../helpers/plain-jpeg.js';
import {
  around,
  BLUE,
  compactBlock,
  type DecodedWith,
  decoded as decodedInPieces,
  deflated,
  GREEN,
  inside,
  ODD,
  RED,
  RGB565,
  tpixel,
  WHITE,
} from './rfb-bytes.js';

describe.each<Pieces>(['whole', 'byte by byte'])('bytes that arrive %s', pieces => {
  const decoded = (encoding: number, bytes: readonly number[], options?: DecodedWith) =>
    decodedInPieces(pieces, encoding, bytes, options);

  describe('Tight', () => {
    const tight = (bytes: readonly number[], options?: DecodedWith) =>
      decoded(ENCODING.tight, bytes, { rectangle: inside, ...options });

    it('is one colour', async () => {
      expect(await tight([0x80, ...tpixel(ODD)])).toEqual(around(ODD, ODD, ODD, ODD));
      expect(await tight([0x80, 0xe0, 0x07], { format: RGB565 })).toEqual(around(GREEN, GREEN, GREEN, GREEN));
    });

    it('is pixels uncompressed when they are few', async () => {
      const rectangle = { ...inside, height: 1 };
      expect(await tight([0x00, ...tpixel(RED), ...tpixel(BLUE)], { rectangle })).toEqual(
        around(RED, BLUE, distinct(9), distinct(10)),
      );
    });

    it.each([0, 1, 2, 3])('is pixels in stream %i', async stream => {
      const compressed = compactBlock(deflated([RED, GREEN, BLUE, ODD].flatMap(tpixel)));
      expect(await tight([stream << 4, ...compressed])).toEqual(around(RED, GREEN, BLUE, ODD));
      expect(await tight([(stream << 4) | 0x40, 0, ...compressed])).toEqual(around(RED, GREEN, BLUE, ODD));
    });

    it('is two colours in bits, each row from a whole byte on', async () => {
      const bytes = [0x50, 1, 1, ...tpixel(RED), ...tpixel(BLUE), 0b10_000000, 0b01_000000];
      expect(await tight(bytes)).toEqual(around(BLUE, RED, RED, BLUE));
    });

    it('is more colours in bytes', async () => {
      const bytes = [0x60, 1, 2, ...[RED, BLUE, ODD].flatMap(tpixel), 2, 1, 0, 2];
      expect(await tight(bytes)).toEqual(around(ODD, BLUE, RED, ODD));
      const size = { width: 16, height: 2 };
      const indices = Array.from({ length: 32 }, (_, at) => at % 3);
      const compressed = compactBlock(deflated(indices));
      const colours = await tight([0x60, 1, 2, ...[RED, BLUE, ODD].flatMap(tpixel), ...compressed], {
        ...{ size, rectangle: { x: 0, y: 0, ...size } },
      });
      expect(colours.flat()).toEqual(indices.map(index => [RED, BLUE, ODD][index]));
    });

    it('is differences to what is left, above and between', async () => {
      // 1st row: 16 + 0, then 16 + 5. 2nd row: above 16, then left 13 + above 21 - corner 16 = 18.
      const differences = [...tpixel(0x101010), ...tpixel(0x050505), ...tpixel(0xfdfdfd), ...tpixel(0x020202)];
      const bytes = [0x40, 2, ...compactBlock(deflated(differences))];
      expect(await tight(bytes)).toEqual(around(0x101010, 0x151515, 0x0d0d0d, 0x141414));
    });

    it('is differences to a sum that stays within a byte', async () => {
      // 2nd row: left 250 + above 240 - corner 20 is more than 255; then left 0 + above 10 - corner 250 is less than 0.
      const grey = (value: number) => [value, value, value];
      const rectangle = { x: 0, y: 0, width: 2, height: 2 };
      const rows = [grey(20), grey(220), grey(230), grey(0)].flat();
      const colours = await tight([0x40, 2, ...compactBlock(deflated(rows))], { rectangle });
      expect(colours.slice(0, 2).map(row => row.slice(0, 2))).toEqual([
        [0x141414, 0xf0f0f0],
        [0xfafafa, 0xffffff],
      ]);
      const low = [grey(250), grey(16), grey(6), grey(3)].flat();
      const dark = await tight([0x40, 2, ...compactBlock(deflated(low))], { rectangle });
      expect(dark.slice(0, 2).map(row => row.slice(0, 2))).toEqual([
        [0xfafafa, 0x0a0a0a],
        [0x000000, 0x030303],
      ]);
    });

    it('is differences in 16 bits, channel by channel', async () => {
      // 565: (16, 32, 16), then + (1, 2, 3); below + (31, 63, 31) = - 1, then left + up - corner.
      const value = (red: number, green: number, blue: number) => {
        const bits = (red << 11) | (green << 5) | blue;
        return [bits & 0xff, bits >> 8];
      };
      const bytes = [0x40, 2, ...value(16, 32, 16), ...value(1, 2, 3), ...value(31, 63, 31), ...value(0, 0, 0)];
      const up = (red: number, green: number, blue: number) =>
        (Math.round((red * 255) / 31) << 16) | (Math.round((green * 255) / 63) << 8) | Math.round((blue * 255) / 31);
      expect(await tight(bytes, { format: RGB565 })).toEqual(
        around(up(16, 32, 16), up(17, 34, 19), up(15, 31, 15), up(16, 33, 18)),
      );
    });

    it('is uncompressed pixels', async () => {
      expect(await tight([0xa0, ...[RED, GREEN, BLUE, ODD].flatMap(tpixel)])).toEqual(around(RED, GREEN, BLUE, ODD));
      const bits = [0b10_000000, 0b01_000000];
      expect(await tight([0xe0, 1, 1, ...tpixel(RED), ...tpixel(BLUE), ...bits])).toEqual(around(BLUE, RED, RED, BLUE));
    });

    it('is lengths of one, two and three bytes', async () => {
      for (const side of [4, 32, 128]) {
        const size = { width: side, height: side };
        const noise = Array.from({ length: side * side * 3 }, (_, at) => (Math.imul(at, 0x9e3779b1) >>> 13) & 0xff);
        const colours = await tight([0x00, ...compactBlock(deflated(noise))], {
          size,
          rectangle: { x: 0, y: 0, ...size },
        });
        expect(colours.flat().flatMap(tpixel)).toEqual(noise);
      }
    });

    it('resets streams on request, with fills too', async () => {
      const decoding = new Decoding({ width: 4, height: 4 });
      decoding.fillDistinct();
      const take = (bytes: readonly number[]) =>
        decoding.decode(ENCODING.tight, inside, Uint8Array.from(bytes), pieces);
      const first = compactBlock(deflated([RED, GREEN, BLUE, ODD].flatMap(tpixel)));
      const second = compactBlock(deflated([ODD, ODD, RED, RED].flatMap(tpixel)));
      await take([0x10, ...first]);
      await take([0x12, ...second]);
      expect(decoding.colours()).toEqual(around(ODD, ODD, RED, RED));
      await take([0x82, ...tpixel(WHITE)]);
      await take([0x10, ...first]);
      expect(decoding.colours()).toEqual(around(RED, GREEN, BLUE, ODD));
      await expect(take([0x10, ...second])).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
      decoding.free();
    });

    it.each([
      ['small, at once', 16],
      ['large, on another thread', 208],
    ])('is JPEG, %s', async (_what, side) => {
      const size = { width: side, height: side };
      const jpeg = plainJpegOf(size, column => (column < side / 16 ? RED : BLUE));
      const colours = await tight([0x90, ...compactBlock([...jpeg])], { size, rectangle: { x: 0, y: 0, ...size } });
      const far = colours.flat().filter((colour, at) => {
        const expected = at % side < side / 2 ? RED : BLUE;
        return [0, 8, 16].some(shift => Math.abs(((colour >> shift) & 0xff) - ((expected >> shift) & 0xff)) > 8);
      });
      expect(far).toEqual([]);
    });
  });
});
