import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import * as reference from '../../source/pixels/reference/flat-blocks.js';
import { Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

describe('flatBlocks', () => {
  it('counts what the reference counts', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(2, 3, 256), (form, values) => {
        // The pixel after the last one of a row is read: there is one.
        const source = blocks.take({ ...form, padding: form.padding + 1 });
        scribble(memory, source, random(form.seed), values);
        const count = Math.ceil(form.width / 8) * Math.ceil(form.height / 8);
        const out = blocks.bytes(count);
        memory.kernels.flatBlocks(source.pointer, source.stride, form.width, form.height, out);
        const expected = reference.flatBlocks(plane(memory, source), form.width, form.height);
        expect([...memory.bytes(out, count)]).toEqual([...expected]);
        blocks.free();
      }),
      { numRuns: 60 },
    );
  });
});
