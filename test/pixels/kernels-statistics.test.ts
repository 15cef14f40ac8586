import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/pixels/kernels.js';
import * as reference from '../../source/pixels/reference/statistics.js';
import { Blocks, plane, random, scribble, shape } from './planes.js';

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

describe('countSteps', () => {
  it('counts what the reference counts', () => {
    const limit = fc.integer({ min: 1, max: 255 });
    fc.assert(
      fc.property(shape, limit, limit, fc.constantFrom(2, 4, 40, 256), (form, low, high, values) => {
        const picture = blocks.take(form);
        scribble(memory, picture, random(form.seed), values);
        const out = blocks.bytes(8);
        kernels.countSteps(picture.pointer, picture.stride, form.width, form.height, low, high, out);
        const [lows, highs] = new Int32Array(memory.memory.buffer, out, 2);
        const expected = reference.countSteps(plane(memory, picture), form.width, form.height, low, high);
        expect({ low: lows, high: highs }).toEqual(expected);
        blocks.free();
      }),
    );
  });
});

describe('chromaSteps', () => {
  it('sums what the reference sums', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(2, 40, 256), (form, values) => {
        const picture = blocks.take(form);
        scribble(memory, picture, random(form.seed), values);
        const sum = kernels.chromaSteps(picture.pointer, picture.stride, form.width, form.height);
        expect(sum).toBe(reference.chromaSteps(plane(memory, picture), form.width, form.height));
        blocks.free();
      }),
    );
  });
});
