import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { random } from './planes.js';

const memory = createPixelMemory();
const MOST = 1024;
const from = memory.allocate(MOST);
const scratch = memory.allocate(1024 + MOST * 6);
const to = memory.allocate(Math.ceil((MOST * 9) / 8) + 15);
/** An empty last block. */
const END = Buffer.from([3, 0]);
const SYNC = [0, 0, 0xff, 0xff];

function deflate(data: Uint8Array, tries: number): Buffer {
  memory.bytes(from, data.length).set(data);
  memory.bytes(scratch, 1024 + data.length * 6).fill(0xaa);
  const guard = memory.bytes(to, Math.ceil((data.length * 9) / 8) + 15);
  guard.fill(0x55);
  const length = memory.kernels.deflateShort(from, data.length, tries, scratch, to);
  expect(memory.bytes(from, data.length)).toEqual(Uint8Array.from(data));
  return Buffer.from(memory.bytes(to, length));
}

/** Bytes of few values with runs and repetitions, as palette indices of text are. */
function drawing(length: number, values: number, seed: number): Buffer {
  const next = random(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const back = Math.floor(next() * 60);
    const run = 1 + Math.floor(next() * 12);
    for (let i = 0; i < run && at < length; i++, at++) {
      bytes[at] = back > 0 && back <= at ? bytes[at - back]! : Math.floor(next() * values);
    }
  }
  return bytes;
}

describe('deflateShort', () => {
  it('makes a block that inflates to its input, ends in a sync flush, and joins with others', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: MOST }),
      fc
        .record({ length: fc.integer({ min: 0, max: MOST }), values: fc.integer({ min: 1, max: 256 }), seed: fc.nat() })
        .map(({ length, values, seed }) => new Uint8Array(drawing(length, values, seed))),
    );
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 300 }), (all, tries) => {
        const blocks = all.map(each => deflate(each, tries));
        for (const [i, block] of blocks.entries()) {
          expect([...block.subarray(-4)]).toEqual(SYNC);
          expect(block.length).toBeLessThanOrEqual(Math.ceil((all[i]!.length * 9) / 8) + 7);
        }
        expect(inflateRawSync(Buffer.concat([...blocks, END])).equals(Buffer.concat(all))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('finds every length and distance that there is', () => {
    for (let length = 3; length <= 300; length++) {
      for (const distance of [1, 2, 3, 4, 5, 7, 9, 17, 33, 65, 97, 129, 193, 257, 385, 513, 700]) {
        const next = random(length * 1000 + distance);
        const head = Uint8Array.from({ length: distance }, () => Math.floor(next() * 256));
        const data = Buffer.alloc(Math.min(distance + length, MOST));
        for (let i = 0; i < data.length; i++) data[i] = i < distance ? head[i]! : data[i - distance]!;
        const block = deflate(data, 300);
        expect(inflateRawSync(Buffer.concat([block, END])).equals(data)).toBe(true);
        // The head as literals of nine bits at most, and a match or two.
        expect(block.length).toBeLessThanOrEqual(Math.ceil((distance * 9) / 8) + 16);
      }
    }
  });

  it("is about as short as zlib's with fixed codes, and shorter with more effort", () => {
    const sizes = { own: 0, quick: 0, zlib: 0 };
    for (let seed = 1; seed <= 200; seed++) {
      const data = drawing(40 + ((seed * 37) % 900), 2 + (seed % 30), seed);
      sizes.own += deflate(data, 256).length;
      sizes.quick += deflate(data, 4).length;
      const fixed = { level: 9, strategy: constants.Z_FIXED, finishFlush: constants.Z_SYNC_FLUSH };
      sizes.zlib += deflateRawSync(data, fixed).length;
    }
    expect(sizes.own).toBeLessThan(sizes.quick);
    expect(sizes.own).toBeLessThanOrEqual(sizes.zlib * 1.01);
  });
});
