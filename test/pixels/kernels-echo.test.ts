import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { ECHO_ROW_MARGIN, ECHO_ROWS, ECHO_STATE, ECHO_STATE_BYTES } from '../../source/pixels/kernels.js';
import { EchoReference } from '../../source/pixels/reference/echo.js';
import { random } from './planes.js';

const memory = createPixelMemory();
const MOST = 96 * 64;
const OVERREAD = 128;
const ROOM = MOST * 40 + 4096;
const from = memory.allocate(MOST * 4);
const data = memory.allocate(ROOM + OVERREAD);
const to = memory.allocate(MOST * 4);
const writing = memory.allocate(ECHO_STATE_BYTES);
const reading = memory.allocate(ECHO_STATE_BYTES);
const rows = memory.allocate(ECHO_ROWS * (96 * 64 + 2 * ECHO_ROW_MARGIN));

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

/** Glyphs of some colours on a ground, of which there are a few, so that they repeat. */
function draw(width: number, height: number, colours: number, seed: number): Drawing {
  const next = random(seed);
  const palette = Uint32Array.from({ length: colours }, () => Math.floor(next() * 0x1000000));
  const glyphs = Array.from({ length: 3 }, () =>
    Uint8Array.from({ length: 40 }, () => Math.floor(next() * 9) * Math.floor(next() * colours)),
  );
  const pixels = new Uint32Array(width * height).fill(palette[0]!);
  for (let y = 1; y + 8 < height; y += 10) {
    for (let x = 1; x + 5 < width; x += 5 + Math.floor(next() * 3)) {
      const glyph = glyphs[Math.floor(next() * 3)]!;
      for (const [at, value] of glyph.entries()) {
        if (value > 0) pixels[(y + Math.floor(at / 5)) * width + x + (at % 5)] = palette[value % colours]!;
      }
    }
  }
  return { width, height, pixels };
}

function grain(width: number, height: number, seed: number): Drawing {
  const next = random(seed);
  return { width, height, pixels: Uint32Array.from({ length: width * height }, () => Math.floor(next() * 0x1000000)) };
}

/** The fourth byte of a pixel is nobody's. */
function load({ pixels }: Drawing): void {
  new Uint32Array(memory.memory.buffer, from, pixels.length).set(pixels.map(pixel => pixel | 0xab000000));
}

/** @returns the rows that were written, and their bytes */
function encodeRows(drawing: Drawing, fresh: boolean, room: number, bits: number): { rows: number; bytes: Uint8Array } {
  load(drawing);
  memory.bytes(data, room + 16).fill(0x55);
  const { width, height } = drawing;
  const source = [from, width * 4, width, height] as const;
  const written = memory.kernels.encodeEcho(...source, writing, fresh ? 1 : 0, rows, data, room, bits);
  const length = new DataView(memory.memory.buffer).getUint32(writing + ECHO_STATE.written, true);
  if (written > 0) expect(length).toBeLessThanOrEqual(room);
  expect(memory.bytes(data + room, 16).every(byte => byte === 0x55)).toBe(true);
  return { rows: written, bytes: Uint8Array.from(memory.bytes(data, written > 0 ? length : 0)) };
}

/** Whatever it takes. @returns null: it cannot be written */
function encode(drawing: Drawing, fresh: boolean, room = ROOM): Uint8Array | null {
  const { rows, bytes } = encodeRows(drawing, fresh, room, 1000);
  if (rows > 0) expect(rows).toBe(drawing.height);
  return rows > 0 ? bytes : null;
}

/** @returns null: it is damaged */
function decode(bytes: Uint8Array, width: number, height: number, fresh: boolean): Uint32Array | null {
  memory.bytes(data, bytes.length).set(bytes);
  memory.bytes(data + bytes.length, OVERREAD).fill(0x77);
  memory.bytes(to, MOST * 4).fill(0x99);
  const whole = memory.kernels.decodeEcho(
    data,
    bytes.length,
    to,
    width * 4,
    width,
    height,
    reading,
    fresh ? 1 : 0,
    rows,
  );
  const pixels = Uint32Array.from(new Uint32Array(memory.memory.buffer, to, MOST));
  expect(pixels.subarray(width * height).every(pixel => pixel === 0x99999999)).toBe(true);
  return whole ? pixels.subarray(0, width * height) : null;
}

const drawing = fc
  .record({
    width: fc.integer({ min: 1, max: 96 }),
    height: fc.integer({ min: 1, max: 64 }),
    colours: fc.integer({ min: 1, max: 400 }),
    seed: fc.nat(),
  })
  .map(({ width, height, colours, seed }) =>
    seed % 7 === 0 ? grain(width, Math.min(height, 8), seed) : draw(width, height, colours, seed),
  );

describe('Echo', () => {
  it('is read as it was written, by the kernel and by the plain decoder, over any number of rectangles', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(drawing, fc.boolean()), { minLength: 1, maxLength: 5 }), rectangles => {
        const reference = new EchoReference();
        let known = false;
        for (const [each, wanted] of rectangles) {
          let fresh = wanted || !known;
          let bytes = encode(each, fresh);
          if (bytes === null) {
            // Too many colours together with earlier ones.
            fresh = true;
            bytes = encode(each, fresh);
          }
          known = bytes !== null;
          if (bytes === null) continue;
          const { width, height, pixels } = each;
          expect(decode(bytes, width, height, fresh)).toEqual(pixels);
          expect(reference.decode(bytes, width, height, fresh)).toEqual(pixels);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('takes fewer bytes for what it has seen', () => {
    const text = draw(96, 60, 8, 1);
    const first = encode(text, true)!.length;
    expect(encode(text, false)!.length).toBeLessThan(first / 2);
  });

  it('gives up where there are more than 4096 colours, or no room', () => {
    expect(encode(grain(96, 64, 1), true)).toBeNull();
    expect(encode(draw(96, 60, 8, 1), true, 100)).toBeNull();
  });

  it('ends where its rows take more than they should, and goes on after them', () => {
    const next = random(3);
    const pixels = draw(96, 64, 2, 3).pixels.map(pixel => pixel & 1);
    const noise = pixels.map(pixel => (next() < 0.5 ? pixel : 1 - pixel));
    const drawings = [pixels, noise, pixels].map(each => ({ width: 96, height: 64, pixels: each }));
    const reference = new EchoReference();
    const heights = drawings.map((each, index) => {
      const { rows, bytes } = encodeRows(each, index === 0, ROOM, 1);
      const expected = each.pixels.subarray(0, rows * 96);
      expect(decode(bytes, 96, rows, index === 0)).toEqual(expected);
      expect(reference.decode(bytes, 96, rows, index === 0)).toEqual(expected);
      return rows;
    });
    expect(heights).toEqual([64, 43, 64]);
  });

  it('counts colours that it does not have', () => {
    const [table, most] = [memory.allocate(8192 * 4), fc.nat(1024)];
    const known = fc.option(drawing);
    fc.assert(
      fc.property(known, drawing, most, (before, each, most) => {
        const fresh = before === null || encode(before, true) === null;
        const has = new Set(fresh ? [] : before.pixels);
        load(each);
        const { width, height, pixels } = each;
        const state = fresh ? 0 : writing;
        const found = memory.kernels.newEchoColours(from, width * 4, width, height, state, table, most);
        const news = new Set([...pixels].filter(colour => !has.has(colour)));
        expect(found).toBe(Math.min(news.size, most + 1));
      }),
      { numRuns: 40 },
    );
    memory.free(table);
  });

  it('that is damaged, cut off or longer is found out or painted inside its rectangle, as the plain decoder does', () => {
    const { width, height, pixels } = draw(60, 40, 12, 5);
    const whole = encode({ width, height, pixels }, true)!;
    for (const length of [0, 4, 5, 30, whole.length - 1]) {
      expect(decode(whole.subarray(0, length), width, height, true)).toBeNull();
    }
    expect(decode(Uint8Array.from([...whole, 0]), width, height, true)).toBeNull();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        changes => {
          const bytes = Uint8Array.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          expect(decode(bytes, width, height, true)).toEqual(new EchoReference().decode(bytes, width, height, true));
        },
      ),
      { numRuns: 200 },
    );
  });
});
