import { expect, test } from 'vitest';
import {
  copyTurned,
  invertedTurn,
  turned,
  turnedBack,
  turnedPoint,
  turnedSize,
  turnOf,
} from '../../../source/capture/wayland/turn.js';

const BUFFER = { width: 5, height: 3 };
/** One letter a pixel. */
const LETTERS = ['abcde', 'fghij', 'klmno'];

/** Pictures by wl_output.transform. */
const UPRIGHT: readonly (readonly string[])[] = [
  ['abcde', 'fghij', 'klmno'],
  ['kfa', 'lgb', 'mhc', 'nid', 'oje'],
  ['onmlk', 'jihgf', 'edcba'],
  ['ejo', 'din', 'chm', 'bgl', 'afk'],
  ['edcba', 'jihgf', 'onmlk'],
  ['afk', 'bgl', 'chm', 'din', 'ejo'],
  ['klmno', 'fghij', 'abcde'],
  ['oje', 'nid', 'mhc', 'lgb', 'kfa'],
];

const pixels = (rows: readonly string[]) => Uint32Array.from(rows.join(''), letter => letter.charCodeAt(0));

test.each(UPRIGHT.map((rows, transform) => [transform, rows] as const))(
  'transform %i is turned back',
  (transform, rows) => {
    const turn = turnOf(transform);
    const size = turnedSize(turn, BUFFER);
    expect(size).toEqual({ width: rows[0]!.length, height: rows.length });
    // In a larger target, whose other pixels stay.
    const stride = size.width + 4;
    const target = new Uint32Array(stride * (size.height + 2));
    copyTurned(turn, pixels(LETTERS), BUFFER, target, stride + 2, stride);
    const read = rows.map((_, y) => {
      const start = stride * (y + 1);
      expect(target.subarray(start, start + 2)).toEqual(new Uint32Array(2));
      return String.fromCharCode(...target.subarray(start + 2, start + 2 + size.width));
    });
    expect(read).toEqual(rows);
    expect(target.filter(value => value === 0).length).toBe(target.length - 15);

    for (const [x, y] of [
      [0, 0],
      [4, 0],
      [2, 1],
      [1, 2],
    ] as const) {
      const place = turnedPoint(turn, x, y, BUFFER);
      expect(rows[place.y]![place.x]).toBe(LETTERS[y]![x]);
    }
    const part = { x: 1, y: 0, width: 3, height: 2 };
    const there = turned(turn, part, BUFFER);
    expect(turnedBack(turn, there, BUFFER)).toEqual(part);
    expect(rows[there.y]).toContain(rows[there.y]!.slice(there.x, there.x + there.width));
  },
);

test.each([0, 1, 2, 3, 4, 5, 6, 7])('rows from the bottom are turned first (transform %i)', transform => {
  const copy = (turn: ReturnType<typeof turnOf>, rows: readonly string[]) => {
    const target = new Uint32Array(15);
    copyTurned(turn, pixels(rows), BUFFER, target, 0, turnedSize(turn, BUFFER).width);
    return target;
  };
  expect(copy(invertedTurn(turnOf(transform)), [...LETTERS].reverse())).toEqual(copy(turnOf(transform), LETTERS));
});

test('large pictures are turned in bands, each pixel once', () => {
  const size = { width: 70, height: 101 };
  const from = Uint32Array.from({ length: size.width * size.height }, (_, index) => index + 1);
  for (const transform of [1, 2, 3, 4, 5, 6, 7]) {
    const turn = turnOf(transform);
    const { width } = turnedSize(turn, size);
    const to = new Uint32Array(from.length);
    copyTurned(turn, from, size, to, 0, width);
    for (const [x, y] of [
      [0, 0],
      [69, 100],
      [31, 32],
      [33, 64],
    ] as const) {
      const place = turnedPoint(turn, x, y, size);
      expect(to[place.y * width + place.x]).toBe(from[y * size.width + x]);
    }
    expect(new Set(to).size).toBe(from.length);
  }
});

test('an unknown transform turns nothing', () => {
  expect(turnOf(8)).toEqual(turnOf(0));
});
