import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  inPicture,
  isWhole,
  readRows,
  type StreamPixels,
  Turn,
} from '../../../source/capture/portal/stream-picture.js';
import type { VideoFormat } from '../../../source/native/pipewire.js';
import { drawSeed } from '../../helpers/seed.js';

/** The picture's rows as the words 0xRRGGBB. */
function read(
  pixels: StreamPixels,
  part = { x: 0, y: 0, ...new Turn(pixels.transform, pixels.crop).size },
): number[][] {
  const rows: number[][] = [];
  readRows(pixels, part, (row, x, y) => {
    expect([x, y]).toEqual([part.x, part.y + rows.length]);
    const view = new DataView(row.buffer, row.byteOffset, row.length);
    rows.push(Array.from({ length: part.width }, (_, index) => view.getUint32(index * 4, true) & 0xffffff));
  });
  return rows;
}

/** One word each. */
function frame(rows: readonly (readonly number[])[], changes: Partial<StreamPixels> = {}): StreamPixels {
  const [width, height] = [rows[0]!.length, rows.length];
  const bytes = new Uint8Array(width * height * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of rows.flat().entries()) view.setUint32(index * 4, word, true);
  return { bytes, stride: width * 4, format: 'BGRx', crop: { x: 0, y: 0, width, height }, transform: 0, ...changes };
}

describe('the pixels of a stream', () => {
  test.each<[VideoFormat, number]>([
    ['BGRx', 0xff_12_34_56],
    ['BGRA', 0x00_12_34_56],
    ['RGBx', 0xff_56_34_12],
    ['RGBA', 0x00_56_34_12],
    ['xRGB', 0x56_34_12_ff],
    ['ARGB', 0x56_34_12_00],
    ['xBGR', 0x12_34_56_ff],
    ['ABGR', 0x12_34_56_00],
    ['xRGB_210LE', ((0x12 << 22) | (0x34 << 12) | (0x56 << 2) | 0xc0000003) >>> 0],
    ['ARGB_210LE', ((0x12 << 22) | (0x34 << 12) | (0x56 << 2)) >>> 0],
    ['xBGR_210LE', ((0x56 << 22) | (0x34 << 12) | (0x12 << 2) | 0xc0300c03) >>> 0],
    ['ABGR_210LE', ((0x56 << 22) | (0x34 << 12) | (0x12 << 2)) >>> 0],
    ['RGBx_102LE', ((0x12 << 24) | (0x34 << 14) | (0x56 << 4) | 3) >>> 0],
    ['RGBA_102LE', ((0x12 << 24) | (0x34 << 14) | (0x56 << 4)) >>> 0],
    ['BGRx_102LE', ((0x56 << 24) | (0x34 << 14) | (0x12 << 4) | 3) >>> 0],
    ['BGRA_102LE', ((0x56 << 24) | (0x34 << 14) | (0x12 << 4)) >>> 0],
  ])('are the same from %s', (format, word) => {
    expect(read(frame([[word, 0]], { format }))).toEqual([[0x123456, 0]]);
  });

  // wl_output.transform: what the compositor did to an upright L of 1 2 / 3 4 / 5 6.
  test.each([
    [
      0,
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [
      1,
      [
        [2, 4, 6],
        [1, 3, 5],
      ],
    ],
    [
      2,
      [
        [6, 5],
        [4, 3],
        [2, 1],
      ],
    ],
    [
      3,
      [
        [5, 3, 1],
        [6, 4, 2],
      ],
    ],
    [
      4,
      [
        [2, 1],
        [4, 3],
        [6, 5],
      ],
    ],
    [
      5,
      [
        [1, 3, 5],
        [2, 4, 6],
      ],
    ],
    [
      6,
      [
        [5, 6],
        [3, 4],
        [1, 2],
      ],
    ],
    [
      7,
      [
        [6, 4, 2],
        [5, 3, 1],
      ],
    ],
  ])('are upright after transform %i', (transform, rows) => {
    expect(read(frame(rows, { transform }))).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test('come from inside a larger buffer, whole or in part', () => {
    const rows = [
      [0, 0, 0, 0],
      [0, 1, 2, 0],
      [0, 3, 4, 0],
    ];
    const crop = { x: 1, y: 1, width: 2, height: 2 };
    expect(read(frame(rows, { crop }))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(read(frame(rows, { crop, transform: 2 }), { x: 1, y: 0, width: 1, height: 2 })).toEqual([[3], [1]]);
  });

  test('that are missing are noticed', () => {
    const good = frame([
      [1, 2],
      [3, 4],
    ]);
    expect(isWhole(good)).toBe(true);
    const { crop } = good;
    const bad: Partial<StreamPixels>[] = [
      { bytes: good.bytes.subarray(4) },
      { stride: 4 },
      { crop: { ...crop, x: 1 } },
      { crop: { ...crop, x: -1 } },
      { crop: { ...crop, height: 3 } },
      { crop: { ...crop, width: 0 } },
    ];
    for (const changes of bad) expect(isWhole({ ...good, ...changes })).toBe(false);
  });

  test('and rectangles are turned the same way, and back', () => {
    const size = fc.record({ width: fc.integer({ min: 1, max: 50 }), height: fc.integer({ min: 1, max: 50 }) });
    const some = fc.record({ x: fc.nat(49), y: fc.nat(49), width: fc.nat(60), height: fc.nat(60) });
    fc.assert(
      fc.property(fc.nat(7), size, some, (transform, crop, rectangle) => {
        const turn = new Turn(transform, crop);
        const at = { x: rectangle.x % crop.width, y: rectangle.y % crop.height };
        expect(turn.toBuffer(turn.toPicture(at))).toEqual(at);
        const { width, height } = turn.size;
        const turned = inPicture(rectangle, { x: 0, y: 0, ...crop }, transform);
        if (!turned) return;
        expect(
          turned.x >= 0 && turned.y >= 0 && turned.x + turned.width <= width && turned.y + turned.height <= height,
        ).toBe(true);
        expect(new Set([turned.width, turned.height])).toEqual(
          new Set([
            Math.min(crop.width, rectangle.x + rectangle.width) - rectangle.x,
            Math.min(crop.height, rectangle.y + rectangle.height) - rectangle.y,
          ]),
        );
      }),
      { seed: drawSeed() },
    );
  });
});
