import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { bgrxToRgba, swapRedBlue } from '../../source/pixels/reference/convert.js';
import { Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const blocks = new Blocks(memory);
afterEach(() => blocks.free());

it.each([
  ['swapRedBlue', swapRedBlue],
  ['bgrxToRgba', bgrxToRgba],
] as const)('%s writes what the reference writes', (name, reference) => {
  fc.assert(
    fc.property(shape, form => {
      const source = blocks.take(form);
      const target = blocks.take(form);
      scribble(memory, source, random(form.seed));
      const expected = plane(memory, target);
      const { width, height } = form;
      reference(plane(memory, source), expected, width, height);
      memory.kernels[name](source.pointer, source.stride, target.pointer, target.stride, width, height);
      expect(Buffer.compare(memory.bytes(target.pointer, target.length), expected.bytes)).toBe(0);
      blocks.free();
    }),
  );
});
