import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inPicture, isWhole, readRows, type StreamPixels } from '../../../source/capture/portal/stream-picture.js';
import { turnedSize, turnOf } from '../../../source/capture/wayland/turn.js';
import { contains } from '../../../source/core/rectangle.js';
import type { VideoFormat } from '../../../source/native/pipewire.js';
import { drawSeed } from '../../helpers/seed.js';

/** The picture's rows as the words 0xRRGGBB. */
function read(
  pixels: StreamPixels,
  part = { x: 0, y: 0, ...turnedSize(turnOf(pixels.transform), pixels.crop) },
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
    ['xRGB_210LE', ((0x12 << 22) | (0x34 << 12) | (0x56 << 2) | 0xc0000000) >>> 0],
    ['ARGB_210LE', ((0x12 << 22) | (0x34 << 12) | (0x56 << 2)) >>> 0],
    ['xBGR_210LE', ((0x56 << 22) | (0x34 << 12) | (0x12 << 2) | 0xc0000000) >>> 0],
    ['ABGR_210LE', ((0x56 << 22) | (0x34 << 12) | (0x12 << 2)) >>> 0],
    ['RGBx_102LE', ((0x12 << 24) | (0x34 << 14) | (0x56 << 4) | 3) >>> 0],
    ['RGBA_102LE', ((0x12 << 24) | (0x34 << 14) | (0x56 << 4)) >>> 0],
    ['BGRx_102LE', ((0x56 << 24) | (0x34 << 14) | (0x12 << 4) | 3) >>> 0],
    ['BGRA_102LE', ((0x56 << 24) | (0x34 << 14) | (0x12 << 4)) >>> 0],
  ])('are the same from %s', (format, word) => {
    expect(read(frame([[word, 0]], { format }))).toEqual([[0x123456, 0]]);
  });

  test('of ten bits use the whole range of eight', () => {
    const white = ((1023 << 20) | (1023 << 10) | 1023) >>> 0;
    const grey = ((514 << 20) | (514 << 10) | 514) >>> 0;
    expect(read(frame([[white, grey]], { format: 'xRGB_210LE' }))).toEqual([[0xffffff, 0x808080]]);
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

  test('and rectangles of the buffer are in the same place', () => {
    const size = fc.record({ width: fc.integer({ min: 1, max: 20 }), height: fc.integer({ min: 1, max: 20 }) });
    const some = fc.record({ x: fc.nat(19), y: fc.nat(19), width: fc.nat(25), height: fc.nat(25) });
    fc.assert(
      fc.property(fc.nat(7), size, some, (transform, { width, height }, rectangle) => {
        const inside = (x: number, y: number): boolean =>
          x >= rectangle.x &&
          x < rectangle.x + rectangle.width &&
          y >= rectangle.y &&
          y < rectangle.y + rectangle.height;
        const rows = Array.from({ length: height }, (_, y) =>
          Array.from({ length: width }, (_, x) => Number(inside(x, y))),
        );
        const crop = { x: 0, y: 0, width, height };
        const shown = inPicture(rectangle, crop, transform);
        const marked = read(frame(rows, { transform })).flatMap((row, y) =>
          row.flatMap((word, x) => (word ? [{ x, y }] : [])),
        );
        expect(marked.length).toBe(shown ? shown.width * shown.height : 0);
        for (const { x, y } of marked) expect(shown && contains(shown, { x, y, width: 1, height: 1 })).toBe(true);
      }),
      { seed: drawSeed() },
    );
  });
});
