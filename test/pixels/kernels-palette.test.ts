import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import * as reference from '../../source/pixels/reference/palette.js';
import { type Block, Blocks, plane, random, type Shape, shape } from './planes.js';

const memory = createPixelMemory();
const { kernels } = memory;
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

/** A picture of so many colours at most, in runs, with noise in X. */
function colourful(form: Shape, colours: number): Block {
  const next = random(form.seed);
  const picture = blocks.take(form);
  const bytes = memory.bytes(picture.pointer, picture.length);
  const known = Array.from({ length: colours }, () => [0, 0, 0].map(() => Math.floor(next() * 256)));
  let colour = known[0]!;
  for (let i = 0; i < picture.length; i += 4) {
    if (next() < 0.4) colour = known[Math.floor(next() * colours)]!;
    bytes.set([...colour, Math.floor(next() * 256)], i);
  }
  return picture;
}

describe('buildPalette', () => {
  it('finds the colours and indices that the reference finds', () => {
    const colours = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 400 }));
    const most = fc.constantFrom(1, 2, 16, 127, 255, 256);
    fc.assert(
      fc.property(shape, colours, most, (form, count, limit) => {
        const { width, height } = form;
        const picture = colourful(form, count);
        const scratch = blocks.bytes(8192);
        const palette = blocks.bytes(1024);
        const indices = blocks.bytes(width * height);
        const expected = reference.buildPalette(plane(memory, picture), width, height, limit);
        const found = kernels.buildPalette(
          picture.pointer,
          picture.stride,
          width,
          height,
          limit,
          scratch,
          palette,
          indices,
        );
        expect(found).toBe(expected?.colours.length ?? 0);
        if (expected) {
          expect([...new Uint32Array(memory.memory.buffer, palette, found)]).toEqual(expected.colours);
          expect(Buffer.compare(memory.bytes(indices, width * height), Uint8Array.from(expected.indices))).toBe(0);
        }
        blocks.free();
      }),
      { numRuns: 200 },
    );
  });
});

describe('packIndices', () => {
  it('packs as the reference does', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(1, 2, 4, 8), (form, bits) => {
        const { width, height } = form;
        const next = random(form.seed);
        const indices = Array.from({ length: width * height }, () => Math.floor(next() * 2 ** bits));
        const plain = blocks.bytes(indices.length);
        memory.bytes(plain, indices.length).set(indices);
        const expected = reference.packIndices(indices, width, height, bits);
        const packed = blocks.bytes(expected.length);
        kernels.packIndices(plain, width, height, bits, packed);
        expect(Buffer.compare(memory.bytes(packed, expected.length), expected)).toBe(0);
        blocks.free();
      }),
    );
  });
});
