import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import * as reference from '../../source/pixels/reference/i420.js';
import { Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const { kernels } = memory;
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

function converted(pixels: readonly (readonly number[])[], width: number): number[] {
  const source = blocks.bytes(pixels.length * 4);
  memory.bytes(source, pixels.length * 4).set(pixels.flat());
  const height = pixels.length / width;
  const target = blocks.bytes((pixels.length * 3) / 2);
  kernels.bgrxToI420(source, width * 4, width, height, target);
  return [...memory.bytes(target, (pixels.length * 3) / 2)];
}

describe('bgrxToI420', () => {
  it('writes what the reference writes, and nothing beside it', () => {
    fc.assert(
      fc.property(shape, form => {
        const width = form.width * 2;
        const height = form.height * 2;
        const source = blocks.take({ ...form, width, height });
        scribble(memory, source, random(form.seed));
        const length = (width * height * 3) / 2;
        const target = blocks.bytes(length + 16);
        memory.bytes(target, length + 16).fill(7);
        kernels.bgrxToI420(source.pointer, source.stride, width, height, target);
        const expected = reference.bgrxToI420(plane(memory, source), width, height);
        expect(Buffer.compare(memory.bytes(target, length), expected)).toBe(0);
        expect([...memory.bytes(target + length, 16)]).toEqual(Array(16).fill(7));
        blocks.free();
      }),
      { numRuns: 60 },
    );
  });

  it('has the numbers of BT.601 in limited range', () => {
    const four = (...bgr: number[]) => converted(Array(4).fill([...bgr, 255]), 2);
    expect(four(0, 0, 0)).toEqual([16, 16, 16, 16, 128, 128]);
    expect(four(255, 255, 255)).toEqual([235, 235, 235, 235, 128, 128]);
    expect(four(127, 127, 127)).toEqual([125, 125, 125, 125, 128, 128]);
    expect(four(0, 0, 255)).toEqual([81, 81, 81, 81, 90, 240]);
    expect(four(0, 255, 0)).toEqual([145, 145, 145, 145, 54, 34]);
    expect(four(255, 0, 0)).toEqual([41, 41, 41, 41, 240, 110]);
  });
});
