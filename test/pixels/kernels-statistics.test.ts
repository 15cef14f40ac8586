import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import * as reference from '../../source/pixels/reference/statistics.js';
import { type Block, Blocks, plane, random, type Shape, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const { kernels } = memory;
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

describe('adler32', () => {
  it('is what the reference says, for the largest sums too', () => {
    const length = fc.oneof(fc.nat(40), fc.nat(20_000), fc.constantFrom(5535, 5536, 5537, 11_072));
    const start = fc.oneof(fc.constant(1), fc.constant((65_520 << 16) | 65_520));
    fc.assert(
      fc.property(length, start, fc.boolean(), fc.integer(), (count, from, brightest, seed) => {
        const pointer = blocks.bytes(count + 7) + 3;
        const bytes = memory.bytes(pointer, count);
        const next = random(seed);
        for (let i = 0; i < count; i++) bytes[i] = brightest ? 255 : Math.floor(next() * 256);
        const whole = kernels.adler32(pointer, count, from) >>> 0;
        expect(whole).toBe(reference.adler32(bytes, from));
        blocks.free();
      }),
    );
  });
});

describe('photographicBlocks', () => {
  it('agrees with the reference on noise, smooth and flat pictures', () => {
    const values = fc.constantFrom(2, 4, 12, 40, 256);
    const seen = { yes: 0, no: 0 };
    fc.assert(
      fc.property(shape, values, fc.boolean(), fc.integer({ min: 1, max: 3 }), (form, most, smooth, cut) => {
        const picture = blocks.take(form);
        scribble(memory, picture, random(form.seed), most);
        if (smooth) soften(picture, form);
        const out = blocks.bytes(cut * cut);
        const chroma = blocks.bytes(cut * cut * 2);
        const { width, height } = form;
        const scratch = blocks.bytes(1024);
        const { pointer, stride } = picture;
        const found = kernels.photographicBlocks(pointer, stride, width, height, cut, cut, scratch, out, chroma);
        const expected = reference.photographicBlocks(plane(memory, picture), width, height, cut, cut);
        expect([...memory.bytes(out, cut * cut)]).toEqual(expected.kinds);
        expect([...new Uint16Array(memory.memory.buffer, chroma, cut * cut)]).toEqual(expected.chroma);
        expect(found).toBe(expected.kinds.filter(each => each === 1).length);
        seen.yes += found;
        seen.no += expected.kinds.length - found;
        blocks.free();
      }),
      { numRuns: 300 },
    );
    expect(seen.yes).toBeGreaterThan(20);
    expect(seen.no).toBeGreaterThan(20);
  });
});

/** Lets each row go from pixel to pixel in small steps. */
function soften({ pointer, stride }: Block, { width, height }: Shape): void {
  for (let y = 0; y < height; y++) {
    const row = memory.bytes(pointer + y * stride, width * 4);
    for (let i = 4; i < row.length; i++) row[i] = row[i - 4]! + ((row[i]! & 15) - 7);
  }
}
