import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { decodeCosine, encodeCosine } from '../../source/pixels/reference/cosine.js';
import { type Block, block, plane, random, type Shape, scribble, shape } from './planes.js';

const memory = createPixelMemory();
const MAX_UNIT = 1057;
const scratch = memory.allocate(100 * 192 + 4096);

function macrosOf({ width, height }: Shape): number {
  return Math.ceil(width / 64) * Math.ceil(height / 16);
}

/** Something like a photograph, from quite smooth to noise. */
function paint(at: Block, { width, height, seed }: Shape, roughness: number): void {
  const next = random(seed);
  const bytes = memory.bytes(at.pointer, at.length);
  const slope = [next() * 3, next() * 3, next() * 3, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width * 4; x++) {
      const wave = 128 + 60 * Math.sin((x >> 2) * 0.11 * slope[x & 3]! + y * 0.07);
      bytes[y * at.stride + x] = wave + (next() - 0.5) * roughness;
    }
  }
}

function encode(from: Block, { width, height }: Shape, luma: number, chroma: number): Buffer {
  const macros = macrosOf({ width, height } as Shape);
  const room = macros * 3 * MAX_UNIT;
  const to = memory.allocate(room + 32);
  memory.bytes(scratch, 100 * 192 + 4096).fill(0xaa);
  const length = memory.kernels.encodeCosine(from.pointer, from.stride, width, height, luma, chroma, scratch, to);
  expect(length).toBeLessThanOrEqual(room);
  const bytes = Buffer.from(memory.bytes(to, length));
  memory.free(to);
  return bytes;
}

/** @returns what the kernel says */
function decode(data: Uint8Array, to: Block, { width, height }: Shape, luma: number, chroma: number): number {
  const from = memory.allocate(data.length + MAX_UNIT);
  memory.bytes(from, data.length + MAX_UNIT).fill(0);
  memory.bytes(from, data.length).set(data);
  memory.bytes(scratch, 100 * 192 + 4096).fill(0x55);
  const { kernels } = memory;
  const input = [from, data.length, to.pointer, to.stride, width, height, luma, chroma] as const;
  const whole = kernels.decodeCosine(...input, scratch, 0, 0);
  memory.free(from);
  return whole;
}

const small = shape.map(each => ({ ...each, height: 1 + (each.height % 50) }));
const step = fc.oneof(fc.integer({ min: 4, max: 255 }), fc.integer({ min: 4, max: 40 }));
const roughness = fc.constantFrom(0, 4, 40, 400, 4000);

describe('encodeCosine', () => {
  it('writes what the reference writes', () => {
    fc.assert(
      fc.property(small, step, step, roughness, (size, luma, chroma, rough) => {
        const from = block(memory, size);
        paint(from, size, rough);
        const expected = encodeCosine(plane(memory, from), size.width, size.height, luma, chroma);
        expect(Buffer.compare(encode(from, size, luma, chroma), expected)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['all black', 0, 0],
    ['all white', 255, 255],
    ['black and white, pixel by pixel', 0, 255],
  ])('takes the greatest contrasts: %s', (_, even, odd) => {
    const size: Shape = { width: 64, height: 16, padding: 0, shift: 0, seed: 1 };
    const from = block(memory, size);
    const bytes = memory.bytes(from.pointer, from.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = ((i >> 2) + Math.floor(i / from.stride)) % 2 === 0 ? even : odd;
    const data = encode(from, size, 4, 4);
    const to = block(memory, size);
    expect(decode(data, to, size, 4, 4)).toBe(1);
    const shown = memory.bytes(to.pointer, to.length);
    for (let i = 0; i < bytes.length; i++)
      if (i % 4 !== 3) expect(Math.abs(shown[i]! - bytes[i]!)).toBeLessThanOrEqual(3);
  });
});

describe('decodeCosine', () => {
  it('paints what the reference paints, and nothing beside it', () => {
    fc.assert(
      fc.property(small, step, step, roughness, (size, luma, chroma, rough) => {
        const from = block(memory, size);
        paint(from, size, rough);
        const data = encode(from, size, luma, chroma);
        const to = block(memory, size);
        scribble(memory, to, random(size.seed));
        const expected = plane(memory, to);
        expect(decodeCosine(data, expected, size.width, size.height, luma, chroma)).toBe(true);
        expect(decode(data, to, size, luma, chroma)).toBe(1);
        expect(Buffer.compare(plane(memory, to).bytes, expected.bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('shows a photograph with errors proportional to the steps', () => {
    const size: Shape = { width: 130, height: 70, padding: 3, shift: 1, seed: 7 };
    const from = block(memory, size);
    paint(from, size, 6);
    const errors = [2, 8, 20, 60].map(luma => {
      const to = block(memory, size);
      expect(decode(encode(from, size, luma, luma), to, size, luma, luma)).toBe(1);
      const [a, b] = [plane(memory, from).bytes, plane(memory, to).bytes];
      let sum = 0;
      for (let i = 0; i < a.length; i++)
        if (i % 4 !== 3 && i % from.stride < size.width * 4) sum += (a[i]! - b[i]!) ** 2;
      return Math.sqrt(sum / (size.width * size.height * 3));
    });
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    expect(errors[0]).toBeLessThan(2);
    // A uniform error of a step has an RMS of 0.29 of it, and what is rounded to 0 less.
    expect(errors[3]).toBeLessThan(15 * 0.5);
  });

  it('rejects bytes that are no such rectangle exactly as the reference does, and paints only inside', () => {
    const size: Shape = { width: 70, height: 20, padding: 4, shift: 2, seed: 3 };
    const from = block(memory, size);
    paint(from, size, 60);
    const good = encode(from, size, 12, 12);
    const inside = (bytes: Uint8Array) => bytes.map((byte, i) => (i % from.stride < size.width * 4 ? 0 : byte));
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), { maxLength: 4 }),
        fc.integer({ min: -20, max: 20 }),
        (changes, longer) => {
          const data = Buffer.alloc(Math.max(good.length + longer, 0));
          good.copy(data);
          for (const { at, byte } of changes) data[at % data.length] = byte;
          const to = block(memory, size);
          scribble(memory, to, random(9));
          const expected = plane(memory, to);
          const before = plane(memory, to).bytes;
          const is = decodeCosine(data, expected, size.width, size.height, 12, 12);
          expect(decode(data, to, size, 12, 12)).toBe(is ? 1 : 0);
          const after = plane(memory, to).bytes;
          if (is) expect(Buffer.compare(after, expected.bytes)).toBe(0);
          else expect(Buffer.compare(inside(after), inside(before))).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
