import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ADLER32_START, combineAdler32 } from '../../source/pixels/adler32.js';
import { createPixelMemory } from '../../source/pixels/kernels.js';
import * as reference from '../../source/pixels/reference/statistics.js';
import { type Block, Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const { kernels } = memory;
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

describe('adler32', () => {
  it('is what the reference says, for the largest sums too', () => {
    const length = fc.oneof(fc.nat(40), fc.nat(20_000), fc.constantFrom(5535, 5536, 5537, 11_072));
    const start = fc.oneof(fc.constant(ADLER32_START), fc.constant((65_520 << 16) | 65_520));
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

  it('combines', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
        const one = reference.adler32(first, ADLER32_START);
        const two = reference.adler32(second, ADLER32_START);
        const both = reference.adler32(Buffer.concat([first, second]), ADLER32_START);
        expect(combineAdler32(one, two, second.length)).toBe(both);
      }),
    );
  });

  it('combines runs longer than the modulus', () => {
    const first = new Uint8Array(100_000).fill(255);
    const second = new Uint8Array(3_000_000).fill(254);
    const both = reference.adler32(Buffer.concat([first, second]), ADLER32_START);
    const [one, two] = [first, second].map(each => reference.adler32(each, ADLER32_START));
    expect(combineAdler32(one!, two!, second.length)).toBe(both);
  });
});

describe('smoothness', () => {
  it('counts what the reference counts', () => {
    fc.assert(
      fc.property(
        shape,
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom(2, 4, 40, 256),
        (form, sharpFrom, values) => {
          const picture = blocks.take(form);
          scribble(memory, picture, random(form.seed), values);
          const out = blocks.bytes(12);
          kernels.smoothness(picture.pointer, picture.stride, form.width, form.height, sharpFrom, out);
          const [flat, smooth, sharp] = new Int32Array(memory.memory.buffer, out, 3);
          const expected = reference.smoothness(plane(memory, picture), form.width, form.height, sharpFrom);
          expect({ flat, smooth, sharp }).toEqual(expected);
          blocks.free();
        },
      ),
    );
  });
});

describe('hashRectangle', () => {
  function hash(picture: Block, width: number, height: number) {
    const out = blocks.bytes(16);
    kernels.hashRectangle(picture.pointer, picture.stride, width, height, out);
    return [...new Uint32Array(memory.memory.buffer, out, 4)];
  }

  it('depends on colours alone, and on every one of them', () => {
    fc.assert(
      fc.property(shape, fc.nat(), fc.nat(), fc.nat(2), fc.nat(7), (form, column, row, channel, bit) => {
        const { width, height } = form;
        const a = blocks.take(form);
        const b = blocks.take({ ...form, padding: 5 - form.padding, shift: 7 - form.shift });
        scribble(memory, a, random(form.seed), 4);
        for (let y = 0; y < height; y++) {
          const line = memory.bytes(a.pointer + y * a.stride, width * 4);
          const copy = memory.bytes(b.pointer + y * b.stride, width * 4);
          copy.set(line);
          for (let x = 0; x < width; x++) copy[x * 4 + 3]! ^= 255;
        }
        const before = hash(a, width, height);
        expect(hash(b, width, height)).toEqual(before);
        const x = column % width;
        const y = row % height;
        memory.bytes(b.pointer + y * b.stride + x * 4 + channel, 1)[0]! ^= 1 << bit;
        expect(hash(b, width, height)).not.toEqual(before);
        blocks.free();
      }),
    );
  });
});
