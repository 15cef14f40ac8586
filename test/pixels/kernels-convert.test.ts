import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { PixelFormat } from '../../source/core/pixel-format.js';
import { BGR233, BGRX } from '../../source/core/pixel-format.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import * as reference from '../../source/pixels/reference/convert.js';
import { Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const { kernels } = memory;
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

/** Three channels side by side in any order, with bits of their own, somewhere in the pixel. */
const format: fc.Arbitrary<PixelFormat> = fc
  .record({
    bitsPerPixel: fc.constantFrom(8 as const, 16 as const, 32 as const),
    bigEndian: fc.boolean(),
    order: fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
    bits: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 3, maxLength: 3 }),
    gap: fc.nat(7),
  })
  .map(({ bitsPerPixel, bigEndian, order, bits, gap }) => {
    const most = Math.floor(bitsPerPixel / 3);
    const widths = bits.map(each => Math.min(each, most));
    const depth = widths.reduce((sum, each) => sum + each, 0);
    let shift = Math.min(gap, bitsPerPixel - depth);
    const shifts = [0, 0, 0];
    for (const i of order) {
      shifts[i] = shift;
      shift += widths[i]!;
    }
    return {
      bitsPerPixel,
      bigEndian,
      depth,
      trueColour: true,
      redMax: 2 ** widths[0]! - 1,
      greenMax: 2 ** widths[1]! - 1,
      blueMax: 2 ** widths[2]! - 1,
      redShift: shifts[0]!,
      greenShift: shifts[1]!,
      blueShift: shifts[2]!,
    };
  });

describe('bgrxToRgb', () => {
  it('writes what the reference writes', () => {
    fc.assert(
      fc.property(shape, form => {
        const source = blocks.take(form);
        const target = blocks.take(form, 3);
        scribble(memory, source, random(form.seed));
        const expected = plane(memory, target);
        reference.bgrxToRgb(plane(memory, source), expected, form.width, form.height);
        kernels.bgrxToRgb(source.pointer, source.stride, target.pointer, target.stride, form.width, form.height);
        expect(Buffer.compare(memory.bytes(target.pointer, target.length), expected.bytes)).toBe(0);
        blocks.free();
      }),
    );
  });
});

describe('packThreeBytes', () => {
  it('writes what the reference writes', () => {
    fc.assert(
      fc.property(shape, fc.boolean(), (form, skipFirst) => {
        const source = blocks.take(form);
        const target = blocks.take(form, 3);
        scribble(memory, source, random(form.seed));
        const expected = plane(memory, target);
        reference.packThreeBytes(plane(memory, source), expected, form.width, form.height, skipFirst);
        const { width, height } = form;
        const skip = skipFirst ? 1 : 0;
        kernels.packThreeBytes(source.pointer, source.stride, target.pointer, target.stride, width, height, skip);
        expect(Buffer.compare(memory.bytes(target.pointer, target.length), expected.bytes)).toBe(0);
        blocks.free();
      }),
    );
  });
});

describe('bgrxToFormat', () => {
  it('writes what the reference writes, in every format', () => {
    fc.assert(
      fc.property(shape, fc.oneof(format, fc.constantFrom(BGRX, BGR233)), (form, to) => {
        const source = blocks.take(form);
        const target = blocks.take(form, to.bitsPerPixel / 8);
        scribble(memory, source, random(form.seed));
        const expected = plane(memory, target);
        reference.bgrxToFormat(plane(memory, source), expected, form.width, form.height, to);
        kernels.bgrxToFormat(
          source.pointer,
          source.stride,
          target.pointer,
          target.stride,
          form.width,
          form.height,
          to.bitsPerPixel,
          to.bigEndian ? 1 : 0,
          to.redMax,
          to.greenMax,
          to.blueMax,
          to.redShift,
          to.greenShift,
          to.blueShift,
        );
        expect(Buffer.compare(memory.bytes(target.pointer, target.length), expected.bytes)).toBe(0);
        blocks.free();
      }),
      { numRuns: 300 },
    );
  });
});
