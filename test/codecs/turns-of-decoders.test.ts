import { constants, deflateSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BGRX } from '../../source/core/pixel-format.js';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { Decoding } from '../helpers/decoding.js';
import { pixel, RED, u32 } from './rfb-bytes.js';

const SIZE = { width: 2048, height: 2048 };
const WHOLE = { x: 0, y: 0, ...SIZE };
const u16 = (value: number) => [value >> 8, value & 255];
const repeat = (count: number, ...bytes: number[]) => Array.from({ length: count }, () => bytes).flat();

let decoding: Decoding;
beforeEach(() => {
  decoding = new Decoding(SIZE, BGRX);
});
afterEach(() => decoding.free());

/** Few bytes that ask for much work. */
const WORK: readonly [what: string, encoding: number, bytes: () => readonly number[], turns: number][] = [
  [
    'RRE that paints the whole again and again',
    ENCODING.rre,
    () => [...u32(7), ...pixel(0), ...repeat(7, ...pixel(RED), 0, 0, 0, 0, ...u16(2048), ...u16(2048))],
    3,
  ],
  [
    'RRE of many parts',
    ENCODING.rre,
    () => [...u32(20_000), ...pixel(0), ...repeat(20_000, ...pixel(RED), 0, 1, 0, 1, 0, 1, 0, 1)],
    9,
  ],
  [
    'Hextile whose parts cover each other',
    ENCODING.hextile,
    () => repeat(128 * 128, 2 | 8, ...pixel(RED), 8, ...repeat(8, 0, 0xff)),
    20,
  ],
  ['zlib that is nearly nothing', ENCODING.zlib, () => zeros(2048 * 2048 * 4), 1],
  ['ZRLE that is nearly nothing', ENCODING.zrle, () => zeros(1024 * (1 + 64 * 64 * 3)), 1],
  ['TRLE of solid tiles', ENCODING.trle, () => repeat(128 * 128, 1, 1, 2, 3), 3],
];

it.each(WORK)('%s is decoded in parts, and yields in between', async (_what, encoding, bytes, turns) => {
  expect(await decoding.decode(encoding, WHOLE, Uint8Array.from(bytes()))).toBe(true);
  expect(decoding.turns).toBeGreaterThanOrEqual(turns);
});

function zeros(length: number): number[] {
  const stream = [...deflateSync(new Uint8Array(length), { level: 1, finishFlush: constants.Z_SYNC_FLUSH })];
  return [...u32(stream.length), ...stream];
}
