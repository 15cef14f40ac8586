import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import * as reference from '../../source/pixels/reference/scale.js';
import { resampleAxis, UNITY } from '../../source/pixels/resample-axis.js';
import { fitInside, Scaler } from '../../source/pixels/scaler.js';
import { Blocks, plane, random, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const side = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 90 }));
const sizes = fc.record({ width: side, height: side });

function noise(framebuffer: Framebuffer, seed: number): void {
  const next = random(seed);
  for (const [i] of framebuffer.bytes().entries()) framebuffer.bytes()[i] = Math.floor(next() * 256);
}

describe('resampleAxis', () => {
  it('has whole weights that add up, inside the source, and knows what depends on what', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 300 }), (source, result) => {
        const { taps, first, weights } = resampleAxis(source, result);
        for (let i = 0; i < result; i++) {
          const own = weights.subarray(i * taps, (i + 1) * taps);
          expect(own.reduce((sum, weight) => sum + weight, 0)).toBe(UNITY);
          expect(first[i]).toBeGreaterThanOrEqual(0);
          expect(first[i]! + taps).toBeLessThanOrEqual(source);
        }
      }),
    );
  });
});

describe('Scaler', () => {
  it('agrees with the reference', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.integer(), (from, to, seed) => {
        const source = new Framebuffer(memory, from);
        const target = new Framebuffer(memory, to);
        const scaler = new Scaler(memory, from, to);
        noise(source, seed);
        expect(scaler.scale(source, source.bounds, target, { x: 0, y: 0 })).toEqual(target.bounds);
        if (from.width !== to.width || from.height !== to.height) {
          const expected = { bytes: new Uint8Array(target.bytes().length), offset: 0, stride: target.stride };
          const pixels = { bytes: source.bytes(), offset: 0, stride: source.stride };
          const columns = resampleAxis(from.width, to.width);
          reference.scaleRectangle(pixels, expected, columns, resampleAxis(from.height, to.height));
          expect(Buffer.compare(target.bytes(), expected.bytes)).toBe(0);
        } else {
          expect(Buffer.compare(target.bytes(), source.bytes())).toBe(0);
        }
        scaler.free();
        source.free();
        target.free();
      }),
    );
  });

  it('is near the true mean of the area when it scales down', () => {
    const from = { width: 100, height: 60 };
    const to = { width: 37, height: 23 };
    const source = new Framebuffer(memory, from);
    const target = new Framebuffer(memory, to);
    const scaler = new Scaler(memory, from, to);
    noise(source, 7);
    scaler.scale(source, source.bounds, target, { x: 0, y: 0 });
    const pixels = source.bytes();
    for (let y = 0; y < to.height; y++) {
      for (let x = 0; x < to.width; x++) {
        let sum = 0;
        const [left, right] = [(x * 100) / 37, ((x + 1) * 100) / 37];
        const [top, bottom] = [(y * 60) / 23, ((y + 1) * 60) / 23];
        for (let sy = Math.floor(top); sy < bottom && sy < 60; sy++) {
          for (let sx = Math.floor(left); sx < right && sx < 100; sx++) {
            const share = Math.min(sx + 1, right) - Math.max(sx, left);
            sum += share * (Math.min(sy + 1, bottom) - Math.max(sy, top)) * pixels[(sy * 100 + sx) * 4]!;
          }
        }
        const mean = sum / ((right - left) * (bottom - top));
        expect(Math.abs(target.bytes()[(y * 37 + x) * 4]! - mean)).toBeLessThan(2.5);
      }
    }
    scaler.free();
    source.free();
    target.free();
  });

  it('keeps up with changes by scaling only what they touch', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.integer(), fc.nat(), fc.nat(), fc.nat(), fc.nat(), (from, to, seed, a, b, c, d) => {
        const source = new Framebuffer(memory, from);
        const parts = new Framebuffer(memory, { width: to.width + 5, height: to.height + 3 });
        const whole = new Framebuffer(memory, { width: to.width + 5, height: to.height + 3 });
        const scaler = new Scaler(memory, from, to);
        const at = { x: 4, y: 2 };
        noise(source, seed);
        scaler.scale(source, source.bounds, parts, at);
        const x = a % from.width;
        const y = b % from.height;
        const changed = { x, y, width: 1 + (c % (from.width - x)), height: 1 + (d % (from.height - y)) };
        memory.kernels.fillRectangle(source.at(x, y), source.stride, changed.width, changed.height, 0xfedcba);
        scaler.scale(source, changed, parts, at);
        scaler.scale(source, source.bounds, whole, at);
        expect(Buffer.compare(parts.bytes(), whole.bytes())).toBe(0);
        expect(scaler.scale(source, { x: from.width, y: 0, width: 9, height: 9 }, parts, at)).toBeNull();
        scaler.free();
        for (const each of [source, parts, whole]) each.free();
      }),
    );
  });

  it('writes nothing for a change that has no weight in any pixel', () => {
    for (const [from, to] of [
      [
        { width: 16_384, height: 1 },
        { width: 10, height: 1 },
      ],
      [
        { width: 1, height: 16_384 },
        { width: 1, height: 10 },
      ],
    ] as const) {
      const source = new Framebuffer(memory, from);
      const target = new Framebuffer(memory, to);
      const scaler = new Scaler(memory, from, to);
      target.bytes().fill(0x55);
      // The first pixel is a 1638th of the first one of the result, whose weights are 256ths.
      const changed = { x: 0, y: 0, width: 1, height: 1 };
      expect(scaler.touched(changed, { x: 0, y: 0 })).toBeNull();
      expect(scaler.scale(source, changed, target, { x: 0, y: 0 })).toBeNull();
      expect(target.bytes().every(byte => byte === 0x55)).toBe(true);
      expect(scaler.scale(source, { ...changed, ...from }, target, { x: 0, y: 0 })).toEqual(target.bounds);
      scaler.free();
      source.free();
      target.free();
    }
  });

  it('keeps one colour exactly', () => {
    const source = new Framebuffer(memory, { width: 64, height: 64 });
    const target = new Framebuffer(memory, { width: 41, height: 100 });
    const scaler = new Scaler(memory, source, target);
    memory.kernels.fillRectangle(source.pointer, source.stride, 64, 64, 0xfffe01);
    scaler.scale(source, source.bounds, target, { x: 0, y: 0 });
    expect(new Set(new Uint32Array(memory.memory.buffer, target.pointer, 4100))).toEqual(new Set([0xfffe01]));
    scaler.free();
    source.free();
    target.free();
  });
});

describe('fitInside', () => {
  it.each([
    [
      { width: 1920, height: 1080 },
      { width: 1366, height: 768 },
      { x: 0, y: 0, width: 1366, height: 768 },
    ],
    [
      { width: 1024, height: 768 },
      { width: 1366, height: 768 },
      { x: 171, y: 0, width: 1024, height: 768 },
    ],
    [
      { width: 3840, height: 1080 },
      { width: 1366, height: 768 },
      { x: 0, y: 192, width: 1366, height: 384 },
    ],
    [
      { width: 1, height: 16_384 },
      { width: 10, height: 10 },
      { x: 4, y: 0, width: 1, height: 10 },
    ],
  ])('%j in %j', (picture, frame, expected) => {
    expect(fitInside(picture, frame)).toEqual(expected);
  });
});

describe('blendPremultiplied', () => {
  const blocks = new Blocks(memory);
  afterEach(() => blocks.free());

  it('paints what the reference paints', () => {
    fc.assert(
      fc.property(shape, form => {
        const below = blocks.take(form);
        const cursor = blocks.take({ ...form, padding: 5 - form.padding });
        const next = random(form.seed);
        scribble(memory, below, next);
        scribble(memory, cursor, next);
        const expected = plane(memory, below);
        reference.blendPremultiplied(plane(memory, cursor), expected, form.width, form.height);
        kernelsBlend(cursor, below, form);
        expect(Buffer.compare(memory.bytes(below.pointer, below.length), expected.bytes)).toBe(0);
        blocks.free();
      }),
    );
  });

  function kernelsBlend(
    from: { pointer: number; stride: number },
    to: { pointer: number; stride: number },
    size: { width: number; height: number },
  ) {
    memory.kernels.blendPremultiplied(from.pointer, from.stride, to.pointer, to.stride, size.width, size.height);
  }
});
