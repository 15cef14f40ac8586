import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains } from '../../source/core/rectangle.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { rgbToBgrx } from '../../source/pixels/reference/convert.js';
import { block, plane, random, scribble, shape } from './planes.js';

describe('rgbToBgrx', () => {
  it('writes what the reference writes, and bounds of what it found that hold the exact ones', () => {
    const memory = createPixelMemory();
    const out = memory.allocate(16);
    fc.assert(
      fc.property(
        shape,
        fc.integer({ min: 1, max: 256 }),
        fc.integer({ min: 0, max: 40 }),
        (shape, values, changes) => {
          const { width, height } = shape;
          const next = random(shape.seed);
          const from = block(memory, shape, 3);
          const to = block(memory, shape);
          scribble(memory, from, next, values);
          scribble(memory, to, next, values);
          memory.kernels.rgbToBgrx(from.pointer, from.stride, to.pointer, to.stride, width, height, out);
          const rgb = memory.bytes(from.pointer, from.length);
          for (let change = 0; change < changes; change++)
            rgb[Math.floor(next() * rgb.length)]! ^= 1 + Math.floor(next() * 255);

          const expected = plane(memory, to);
          const exact = rgbToBgrx(plane(memory, from), expected, width, height);
          const found = memory.kernels.rgbToBgrx(from.pointer, from.stride, to.pointer, to.stride, width, height, out);

          const ignoreX = (bytes: Uint8Array) => bytes.map((byte, at) => (at % 4 === 3 ? 0 : byte));
          expect(Buffer.compare(ignoreX(plane(memory, to).bytes), ignoreX(expected.bytes))).toBe(0);
          expect(found).toBe(exact ? 1 : 0);
          if (exact) {
            const [x, y, w, h] = new Int32Array(memory.memory.buffer, out, 4);
            const bounds = { x: x!, y: y!, width: w!, height: h! };
            expect(contains({ x: 0, y: 0, width, height }, bounds)).toBe(true);
            expect(contains(bounds, exact)).toBe(true);
            expect([bounds.y, bounds.height]).toEqual([exact.y, exact.height]);
            expect(exact.x - bounds.x).toBeLessThan(16);
            expect(bounds.x + bounds.width - exact.x - exact.width).toBeLessThan(16);
          }
          memory.free(from.pointer - shape.shift * 3);
          memory.free(to.pointer - shape.shift * 4);
        },
      ),
    );
  });
});
