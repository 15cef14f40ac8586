import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { TILE_ANSWER, TILE_STATE, TILE_STATE_BYTES } from '../../source/pixels/decode-kernels.js';
import type { Plane } from '../../source/pixels/reference/compare.js';
import * as reference from '../../source/pixels/reference/decode-pixels.js';
import * as tiles from '../../source/pixels/reference/decode-tiles.js';
import { type Block, Blocks, plane, random, type Shape, scribble, shape } from './planes.js';

const memory = createPixelMemory();

/** All that a viewer may have asked for: tables for 8 and 16 bits, any order of whole bytes in 24 and 32. */
const wire = fc.oneof(
  fc.constantFrom(1, 2).map(size => ({ size, layout: 0 })),
  fc
    .tuple(fc.constantFrom(3, 4), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.integer({ min: 0, max: 1 }))
    .map(([size, order, shift]) => {
      const [blue, green, red] = order.map(place => place + (size === 4 ? shift : 0));
      return { size, layout: blue! | (green! << 8) | (red! << 16) };
    }),
);
type Wire = typeof wire extends fc.Arbitrary<infer T> ? T : never;

const table = Uint32Array.from({ length: 65_536 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) & 0xffffff);
const tablePointer = memory.allocate(table.byteLength);
memory.bytes(tablePointer, table.byteLength).set(new Uint8Array(table.buffer));

const ignoringX = (bytes: Uint8Array) => Buffer.from(bytes.map((byte, at) => (at % 4 === 3 ? 0 : byte)));

function expectSame(block: Block, expected: Plane): void {
  const found = ignoringX(memory.bytes(block.pointer, block.length));
  expect(found.equals(ignoringX(expected.bytes))).toBe(true);
}

function withBlocks(check: (blocks: Blocks) => void): void {
  const blocks = new Blocks(memory);
  try {
    check(blocks);
  } finally {
    blocks.free();
  }
}

describe('wireToBgrx', () => {
  it('writes what the reference writes', () => {
    fc.assert(
      fc.property(shape, wire, (form, wire) =>
        withBlocks(blocks => {
          const [from, to] = [blocks.take(form, wire.size), blocks.take(form)];
          scribble(memory, from, random(form.seed));
          const expected = plane(memory, to);
          reference.wireToBgrx(plane(memory, from), expected, form.width, form.height, { ...wire, table });
          memory.kernels.wireToBgrx(
            ...([from.pointer, from.stride, to.pointer, to.stride, form.width, form.height] as const),
            ...([wire.size, wire.layout, tablePointer] as const),
          );
          expectSame(to, expected);
        }),
      ),
    );
  });
});

describe('paletteToBgrx', () => {
  it('writes what the reference writes, and reports an index outside the palette', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(1, 2, 4, 8), fc.integer({ min: 1, max: 256 }), (form, bits, colours) =>
        withBlocks(blocks => {
          const { width, height } = form;
          const used = Math.min(colours, 2 ** bits);
          const length = Math.ceil((width * bits) / 8) * height;
          const from = { pointer: blocks.bytes(length), length, stride: 0 };
          scribble(memory, from, random(form.seed), bits === 8 ? Math.min(used + 1, 256) : 256);
          const to = blocks.take(form);
          const expected = plane(memory, to);
          const indices = memory.bytes(from.pointer, length).slice();
          const outside = reference.paletteToBgrx(indices, expected, width, height, bits, table.subarray(0, used));
          const answer = memory.kernels.paletteToBgrx(
            ...([from.pointer, to.pointer, to.stride, width, height, bits, tablePointer, used] as const),
          );
          expect(answer).toBe(outside ? 1 : 0);
          expectSame(to, expected);
        }),
      ),
    );
  });
});

describe('gradientToBgrx', () => {
  it('writes what the reference writes', () => {
    fc.assert(
      fc.property(shape, form =>
        withBlocks(blocks => {
          const { width, height } = form;
          const length = width * height * 3;
          const from = { pointer: blocks.bytes(length), length, stride: 0 };
          scribble(memory, from, random(form.seed), form.seed % 2 === 0 ? 256 : 9);
          const to = blocks.take(form);
          const expected = plane(memory, to);
          reference.gradientToBgrx(memory.bytes(from.pointer, length).slice(), expected, width, height);
          memory.kernels.gradientToBgrx(from.pointer, to.pointer, to.stride, width, height);
          expectSame(to, expected);
        }),
      ),
    );
  });
});

interface Found {
  readonly answer: number;
  readonly consumed: number;
  readonly nextTile: number;
}

/** Bytes that mostly make tiles: noise of few values, with subencodings strewn in. */
function tileBytes(seed: number, length: number, values: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length }, () => {
    if (next() < 0.9) return Math.floor(next() * values);
    return [0, 1, 2, 3, 5, 16, 127, 128, 129, 130, 140, 200, 255][Math.floor(next() * 13)]!;
  });
}

describe.each([
  ['decodeTiles of ZRLE', 64, 0],
  ['decodeTiles of TRLE', 16, 1],
  ['decodeHextile', 16, null],
] as const)('%s', (_name, side, reuse) => {
  const state = memory.allocate(TILE_STATE_BYTES);

  function run(source: number, length: number, to: Block, form: Shape, { size, layout }: Wire): Found {
    const place = [source, length, to.pointer, to.stride, form.width, form.height] as const;
    const colour = [size, layout, tablePointer, state] as const;
    const { kernels } = memory;
    const answer =
      reuse === null
        ? kernels.decodeHextile(...place, ...colour)
        : kernels.decodeTiles(...place, side, reuse, ...colour);
    const view = new DataView(memory.memory.buffer, state);
    const consumed = view.getUint32(TILE_STATE.consumed, true);
    return { answer, consumed, nextTile: view.getUint32(TILE_STATE.nextTile, true) };
  }

  it('writes what the reference writes and answers the same, however the bytes are cut', () => {
    const answers = new Set<number>();
    fc.assert(
      fc.property(
        shape,
        wire,
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom(2, 4, 40, 256),
        fc.integer({ min: 0, max: 3000 }),
        (form, wire, length, values, cut) =>
          withBlocks(blocks => {
            const bytes = tileBytes(form.seed, length, values);
            const source = blocks.bytes(length + 16);
            memory.bytes(source, length).set(bytes);
            const to = blocks.take(form);
            const expected = plane(memory, to);
            const progress: tiles.TileProgress = { nextTile: 0, consumed: 0, colours: [] };
            memory.bytes(state, TILE_STATE_BYTES).fill(0);
            let begun = 0;
            for (const end of [Math.min(cut, length), length]) {
              const part = { bytes: bytes.subarray(begun, end), to: expected, ...form, wire: { ...wire, table } };
              const answer =
                reuse === null
                  ? tiles.decodeHextile(part, progress)
                  : tiles.decodeTiles(part, side, reuse === 1, progress);
              const found = run(source + begun, end - begun, to, form, wire);
              expect(found).toEqual({ answer, consumed: progress.consumed, nextTile: progress.nextTile });
              answers.add(answer);
              if (answer !== TILE_ANSWER.more) break;
              begun += progress.consumed;
            }
            expectSame(to, expected);
          }),
      ),
      { numRuns: 600 },
    );
    expect([...answers].sort()).toEqual(reuse === null ? [0, 1, 2] : [0, 1, 2, 3, 4]);
  });
});
