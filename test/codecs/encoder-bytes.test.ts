import { inflateRawSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeCursor, encodeCursorWithAlpha } from '../../source/codecs/encode/cursor-encoder.js';
import {
  type EncodedRectangle,
  type Encoder,
  EncodeScratch,
  withStreamHeader,
} from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { encodeHextile } from '../../source/codecs/encodings/hextile.js';
import { encodeRaw } from '../../source/codecs/encodings/raw.js';
import { compactLength, encodeTight } from '../../source/codecs/encodings/tight.js';
import { encodeTrle } from '../../source/codecs/encodings/trle.js';
import { encodeZlib } from '../../source/codecs/encodings/zlib.js';
import { encodeZrle } from '../../source/codecs/encodings/zrle.js';
import { BGR233, BGRX, type PixelFormat } from '../../source/core/pixel-format.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';

const memory = createPixelMemory();
const scratch = new EncodeScratch(memory, nodeCompressors);
const RED = 0xff0000;
const GREEN = 0x00ff00;
const BLUE = 0x0000ff;

/** Encodes a small picture, drawn as rows of colours, at 3, 5. */
function encode(encoder: Encoder, rows: readonly (readonly number[])[], format: PixelFormat = BGRX): EncodedRectangle {
  const [width, height] = [rows[0]!.length, rows.length];
  const framebuffer = new Framebuffer(memory, { width: width + 3, height: height + 5 });
  const view = new DataView(memory.memory.buffer);
  for (const [y, row] of rows.entries()) {
    for (const [x, colour] of row.entries()) view.setUint32(framebuffer.at(x + 3, y + 5), colour, true);
  }
  const rectangle = { x: 3, y: 5, width, height };
  const job = { framebuffer, rectangle, pixels: new WirePixels(format), level: 6, jpeg: null, pooled: false };
  const encoded = encoder(job, scratch);
  framebuffer.free();
  if (encoded instanceof Promise) throw new Error('not at once');
  return encoded;
}

/** The bytes after the rectangle's header, which is checked. */
function body({ bytes, rectangle }: EncodedRectangle, encoding: number): Buffer {
  const { x, y, width, height } = rectangle;
  const header = Buffer.alloc(12);
  for (const [index, value] of [x, y, width, height].entries()) header.writeUInt16BE(value, index * 2);
  header.writeInt32BE(encoding, 8);
  expect(Buffer.from(bytes.subarray(0, 12))).toEqual(header);
  return Buffer.from(bytes.subarray(12));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** What a sync-flushed block without history holds. */
const inflated = (block: Uint8Array) => {
  expect(hex(block.subarray(-4))).toBe('0000ffff');
  return hex(inflateRawSync(Buffer.concat([block, Buffer.of(3, 0)])));
};

describe('Raw', () => {
  it.each([
    ['32 bits', BGRX, '0000ff00 00ff0000'],
    ['32 bits, big-endian', { ...BGRX, bigEndian: true }, '00ff0000 0000ff00'],
    ['8 bits', BGR233, '07 38'],
  ] as const)('is pixels in the order of the format: %s', (_, format, bytes) => {
    expect(hex(body(encode(encodeRaw, [[RED, GREEN]], format), 0))).toBe(bytes.replaceAll(' ', ''));
  });
});

describe('Hextile', () => {
  it('writes a tile of one colour once, and nothing for the next one of the same colour', () => {
    const row = Array.from({ length: 33 }, () => RED);
    expect(hex(body(encode(encodeHextile, [row], BGR233), 5))).toBe('02070000');
  });

  it('writes a second colour as rectangles on a background', () => {
    const rows = [
      [RED, RED, RED, RED],
      [RED, BLUE, BLUE, RED],
      [RED, BLUE, BLUE, RED],
      [RED, RED, RED, RED],
    ];
    // Background, foreground, one rectangle at 1,1 of 2x2.
    expect(hex(body(encode(encodeHextile, rows, BGR233), 5))).toBe('0e07c0011111');
  });

  it('writes more colours with each rectangle', () => {
    const rows = [
      [RED, RED, RED, RED, RED, RED, RED, RED],
      [RED, GREEN, RED, RED, RED, RED, BLUE, BLUE],
    ];
    expect(hex(body(encode(encodeHextile, rows, BGR233), 5))).toBe(`1a0702${'381100'}${'c06110'}`);
  });

  it('falls back to raw where that is shorter, and repeats the background afterwards', () => {
    const noisy = Array.from({ length: 16 }, (_, x) => x * 0x242424);
    const rows = [[...noisy, RED]];
    const bytes = hex(body(encode(encodeHextile, rows, BGR233), 5));
    expect(bytes.slice(0, 2)).toBe('01');
    expect(bytes.slice(2 + 32)).toBe('0207');
  });
});

describe('zlib', () => {
  it('is the pixels of Raw in a block that fits into any stream', () => {
    const encoded = encode(encodeZlib, [[RED, GREEN]]);
    const bytes = body(encoded, 6);
    expect(bytes.readUInt32BE()).toBe(bytes.length - 4);
    expect(inflated(bytes.subarray(4))).toBe('0000ff0000ff0000');
  });

  it('opens the stream of a connection with a zlib header', () => {
    const first = Buffer.from(withStreamHeader(encode(encodeZlib, [[RED, GREEN]])));
    expect(first.readUInt32BE(12)).toBe(first.length - 16);
    expect(hex(first.subarray(16, 18))).toBe('7801');
    expect(hex(inflateSync(first.subarray(16), { finishFlush: 2 }))).toBe('0000ff0000ff0000');
  });
});

describe('ZRLE', () => {
  const tile = (rows: readonly (readonly number[])[], format?: PixelFormat) =>
    inflated(body(encode(encodeZrle, rows, format), 16).subarray(4));
  const fill = (width: number, height: number, colour: number) =>
    Array.from({ length: height }, () => Array.from({ length: width }, () => colour));

  it('writes a tile of one colour with three bytes', () => {
    expect(tile(fill(64, 64, RED))).toBe('010000ff');
  });

  it('cuts into tiles of 64x64', () => {
    expect(tile(fill(65, 65, BLUE))).toBe('01ff0000'.repeat(4));
  });

  it('packs two colours into bits, each row from a whole byte on', () => {
    const rows = fill(9, 2, RED);
    rows[0]![0] = GREEN;
    rows[1]![8] = GREEN;
    expect(tile(rows)).toBe('0200ff000000ff7f80ff00');
  });

  it('packs three or four colours into two bits, up to sixteen into four', () => {
    const four = [[RED, GREEN, BLUE, 0, RED, RED, RED, RED, RED, RED, RED, RED, RED, RED, RED, RED, RED]];
    expect(tile(four)).toBe(`04${'0000ff'}${'00ff00'}${'ff0000'}${'000000'}1b00000000`);
    const five = [[...Array.from({ length: 5 }, (_, index) => index), ...Array.from({ length: 11 }, () => 0)]];
    expect(tile(five)).toBe(`05${'000000'}${'010000'}${'020000'}${'030000'}${'040000'}0123400000000000`);
  });

  it('writes runs of more colours, and a run of more than 255 in several bytes', () => {
    const rows = fill(64, 64, 20);
    for (let index = 0; index < 20; index++) rows[0]![index] = index;
    const palette = Array.from({ length: 21 }, (_, index) => `${index.toString(16).padStart(2, '0')}0000`).join('');
    const singles = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(2, '0')).join('');
    // 4076 pixels of the last colour: 4075 = 15 * 255 + 250.
    expect(tile(rows)).toBe(`95${palette}${singles}94${'ff'.repeat(15)}fa`);
  });

  it('writes a tile raw that is shorter so', () => {
    expect(tile([[RED, GREEN]])).toBe('000000ff00ff00');
  });

  it('has whole pixels where a format has no unused byte', () => {
    expect(tile(fill(2, 2, RED), { ...BGRX, depth: 32 })).toBe('010000ff00');
  });
});

describe('TRLE', () => {
  const tile = (rows: readonly (readonly number[])[], format?: PixelFormat) =>
    hex(body(encode(encodeTrle, rows, format), 15));
  const fill = (width: number, height: number, colour: number) =>
    Array.from({ length: height }, () => Array.from({ length: width }, () => colour));

  it('cuts into tiles of 16x16, uncompressed', () => {
    expect(tile(fill(17, 17, BLUE))).toBe('01ff0000'.repeat(4));
  });

  it('packs a palette where its runs are longer', () => {
    const rows = fill(9, 2, RED);
    rows[0]![0] = GREEN;
    rows[1]![8] = GREEN;
    expect(tile(rows)).toBe('0200ff000000ff7f80ff00');
  });

  it('writes runs of a palette where they are shorter', () => {
    const rows = fill(16, 16, RED);
    rows[15]![15] = GREEN;
    expect(tile(rows)).toBe(`82${'0000ff'}${'00ff00'}80fe01`);
  });

  it('writes runs of more colours than can be packed', () => {
    const rows = fill(16, 16, 20);
    for (let index = 0; index < 16; index++) rows[0]![index] = index;
    for (let index = 0; index < 4; index++) rows[1]![index] = 16 + index;
    const palette = Array.from({ length: 21 }, (_, index) => `${index.toString(16).padStart(2, '0')}0000`).join('');
    const singles = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(2, '0')).join('');
    expect(tile(rows)).toBe(`95${palette}${singles}94eb`);
  });

  it('writes a tile raw that is shorter so', () => {
    expect(tile([[RED, GREEN]])).toBe('000000ff00ff00');
  });
});

describe('Tight', () => {
  const tight = (rows: readonly (readonly number[])[], format?: PixelFormat) =>
    body(encode(encodeTight, rows, format), 7);
  const wide = (colours: readonly number[], width: number, height: number) =>
    Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => colours[(x + y) % colours.length]!),
    );

  it('fills with red, green, blue', () => {
    expect(hex(tight(wide([0x123456], 20, 20)))).toBe('80123456');
  });

  it('fills with a pixel where the format is not of three whole bytes', () => {
    expect(hex(tight(wide([RED], 20, 20), BGR233))).toBe('8007');
  });

  it('writes two colours as bits, short data without compression', () => {
    const bytes = tight(wide([RED, GREEN], 8, 2));
    expect(bytes[0]! & 0xcf).toBe(0x40);
    expect(hex(bytes.subarray(1))).toBe(`0101${'ff0000'}${'00ff00'}55aa`);
  });

  it('resets the stream that it uses, opens it, and leaves it with a flush', () => {
    const bytes = tight(wide([RED, GREEN, BLUE], 20, 20));
    const stream = (bytes[0]! >> 4) & 3;
    expect(bytes[0]).toBe(0x40 | (stream << 4) | (1 << stream));
    expect(hex(bytes.subarray(1, 12))).toBe(`0102${'ff0000'}${'00ff00'}${'0000ff'}`);
    const [length, data] = [bytes[12]!, bytes.subarray(13)];
    expect(length).toBe(data.length);
    expect(hex(data.subarray(0, 2))).toBe('7801');
    expect(inflated(data.subarray(2))).toBe(
      wide([0, 1, 2], 20, 20)
        .flat()
        .map(index => `0${index}`)
        .join(''),
    );
  });

  it('uses the four streams in turn', () => {
    const streams = [0, 1, 2, 3, 4].map(() => (tight(wide([RED, GREEN, BLUE], 20, 20))[0]! >> 4) & 3);
    expect(new Set(streams).size).toBe(4);
    expect(streams[4]).toBe(streams[0]);
  });

  it('writes lengths in seven bits, seven and eight', () => {
    expect(hex(compactLength(127))).toBe('7f');
    expect(hex(compactLength(128))).toBe('8001');
    expect(hex(compactLength(10_000))).toBe('904e');
    expect(hex(compactLength(16_383))).toBe('ff7f');
    expect(hex(compactLength(16_384))).toBe('808001');
    expect(hex(compactLength(4_194_303))).toBe('ffffff');
    expect(() => compactLength(4_194_304)).toThrow(RangeError);
  });
});

describe('cursors', () => {
  const cursor = {
    ...{ width: 9, height: 2, hotspotX: 4, hotspotY: 1 },
    // The first pixel half transparent, the second nearly opaque, the rest nothing.
    rgba: Uint8Array.from([100, 50, 0, 127, 200, 100, 0, 200, ...Array.from({ length: 64 }, () => 0)]),
  };

  it('go with their alpha, premultiplied', () => {
    const bytes = encodeCursorWithAlpha(cursor);
    expect(hex(bytes.subarray(0, 24))).toBe(`0004000100090002${'fffffec6'}${'00000000'}${'6432007f'}${'c86400c8'}`);
    expect(bytes).toHaveLength(16 + 72);
  });

  it('go as straight pixels and a mask, rows from whole bytes on', () => {
    const bytes = encodeCursor(cursor, new WirePixels(BGRX), memory);
    expect(hex(bytes.subarray(0, 20))).toBe(`0004000100090002${'ffffff11'}${'00000000'}${'0080ff00'}`);
    expect(hex(bytes.subarray(12 + 72))).toBe('40000000');
  });
});
