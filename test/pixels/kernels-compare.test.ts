import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import * as reference from '../../source/pixels/reference/compare.js';
import * as copies from '../../source/pixels/reference/convert.js';
import { type Block, Blocks, plane, random, type Shape, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const { kernels } = memory;
const blocks = new Blocks(memory);

afterEach(() => blocks.free());

/**
 * A picture and a second one that differs from it in a few pixels, some in X alone, and in most pixels of some rows.
 */
function pair(form: Shape, changes: number, changedRows = 0): [Block, Block] {
  const next = random(form.seed);
  const a = blocks.take(form);
  const b = blocks.take({ ...form, padding: 5 - form.padding, shift: 7 - form.shift });
  scribble(memory, a, next);
  for (let y = 0; y < form.height; y++) {
    const row = memory.bytes(a.pointer + y * a.stride, form.width * 4);
    memory.bytes(b.pointer + y * b.stride, form.width * 4).set(row);
  }
  for (let i = 0; i < changes; i++) {
    const at = Math.floor(next() * form.height) * b.stride + Math.floor(next() * form.width * 4);
    memory.bytes(b.pointer + at, 1)[0]! ^= 1 << Math.floor(next() * 8);
  }
  for (let y = 0; y < form.height * changedRows; y++) {
    const row = memory.bytes(b.pointer + y * b.stride, form.width * 4);
    for (let i = 0; i < row.length; i += 4) if (next() < 0.95) row[i]! ^= 1;
  }
  return [a, b];
}

describe('compareCells, sampleCells and what counts by rows and columns', () => {
  it('find in each cell what the reference finds', () => {
    const cells = fc.constantFrom(16, 32, 64);
    const part = fc.constantFrom(0, 0.5, 1);
    fc.assert(
      fc.property(shape, fc.nat(6), cells, fc.nat(63), fc.nat(63), part, (form, changes, cell, right, down, rows) => {
        const [a, b] = pair(form, changes, rows);
        const phaseX = right % cell;
        const phaseY = down % cell;
        const count = (Math.ceil(form.width / cell) + 1) * (Math.ceil(form.height / cell) + 1);
        const scratch = blocks.bytes(count * 272);
        const out = blocks.bytes(count * 24);
        const { width, height } = form;
        const found = kernels.compareCells(
          a.pointer,
          a.stride,
          b.pointer,
          b.stride,
          width,
          height,
          phaseX,
          phaseY,
          cell,
          scratch,
          out,
        );
        const numbers = new Int32Array(memory.memory.buffer, out, found * 6);
        const results = Array.from({ length: found }, (_, i) => {
          const [x, y, w, h, pixels, cost] = numbers.subarray(i * 6, i * 6 + 6);
          return { x, y, width: w, height: h, pixels, cost };
        });
        const expected = reference.compareCells(
          plane(memory, a),
          plane(memory, b),
          width,
          height,
          phaseX,
          phaseY,
          cell,
        );
        expect(results).toEqual(expected);
        const step = 1 + (changes % 7);
        kernels.sampleCells(a.pointer, a.stride, b.pointer, b.stride, width, height, phaseX, phaseY, cell, step, out);
        const samples = reference.sampleCells(
          plane(memory, a),
          plane(memory, b),
          width,
          height,
          phaseX,
          phaseY,
          cell,
          step,
        );
        const estimates = new Int32Array(memory.memory.buffer, out, samples.length * 2);
        expect([...estimates]).toEqual(samples.flatMap(({ pixels, cost }) => [pixels, cost]));
        const counts = blocks.bytes((width + height) * 4);
        const planes = [plane(memory, a), plane(memory, b), width, height] as const;
        kernels.differingRows(a.pointer, a.stride, b.pointer, b.stride, width, height, counts);
        expect([...new Int32Array(memory.memory.buffer, counts, height)]).toEqual(reference.differingRows(...planes));
        kernels.differingColumns(a.pointer, a.stride, b.pointer, b.stride, width, height, counts);
        expect([...new Int32Array(memory.memory.buffer, counts, width)]).toEqual(reference.differingColumns(...planes));
        blocks.free();
      }),
    );
  });
});

describe('copyRectangle', () => {
  it('copies what the reference copies, also over itself', () => {
    fc.assert(
      fc.property(shape, fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000), (form, a, b, c, d) => {
        const whole = blocks.take(form);
        scribble(memory, whole, random(form.seed));
        const width = 1 + (a % form.width);
        const height = 1 + (b % form.height);
        const from = (c % (form.height - height + 1)) * whole.stride + (d % (form.width - width + 1)) * 4;
        const to = (d % (form.height - height + 1)) * whole.stride + (c % (form.width - width + 1)) * 4;
        const expected = plane(memory, whole);
        copies.copyRectangle({ ...expected, offset: from }, { ...expected, offset: to }, width * 4, height);
        kernels.copyRectangle(whole.pointer + from, whole.stride, whole.pointer + to, whole.stride, width * 4, height);
        expect(Buffer.compare(memory.bytes(whole.pointer, whole.length), expected.bytes)).toBe(0);
        blocks.free();
      }),
    );
  });
});

describe('fillRectangle', () => {
  it('fills what the reference fills', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 0, max: 0xffffffff }), (form, pixel) => {
        const target = blocks.take(form);
        const expected = plane(memory, target);
        copies.fillRectangle(expected, form.width, form.height, pixel);
        kernels.fillRectangle(target.pointer, target.stride, form.width, form.height, pixel);
        expect(Buffer.compare(memory.bytes(target.pointer, target.length), expected.bytes)).toBe(0);
        blocks.free();
      }),
    );
  });
});
