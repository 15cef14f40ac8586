import { execFileSync } from 'node:child_process';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StripEncoder } from '../../../source/codecs/classic/strip-encoder.js';
import { combineAdler32, zlibHeader } from '../../../source/codecs/classic/zlib-splice.js';
import type { Rectangle, Size } from '../../../source/core/rectangle.js';
import { deflateStrips } from '../../../source/node/compressors.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import type { Move } from '../../../source/pixels/journal.js';
import { adler32 as adler32From } from '../../../source/pixels/reference/statistics.js';

const adler32 = (bytes: Uint8Array) => adler32From(bytes, 1);

const memory = createPixelMemory();

function paint(picture: Framebuffer, { x, y, width, height }: Rectangle, seed: number, noisy: boolean): void {
  const bytes = picture.bytes();
  let state = seed | 1;
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      if (noisy) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      bytes.set([state >>> 24, state >>> 16, state >>> 8, 255], row * picture.stride + column * 4);
    }
  }
}

/** The plain way: what a zlib reader must find. */
function rgbOf(picture: Framebuffer): Buffer {
  const bytes = picture.bytes();
  const rgb = Buffer.alloc(picture.width * picture.height * 3);
  for (let pixel = 0; pixel < picture.width * picture.height; pixel++) {
    rgb[pixel * 3] = bytes[pixel * 4 + 2]!;
    rgb[pixel * 3 + 1] = bytes[pixel * 4 + 1]!;
    rgb[pixel * 3 + 2] = bytes[pixel * 4]!;
  }
  return rgb;
}

const step = fc.record({
  part: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()),
  seed: fc.integer(),
  noisy: fc.boolean(),
  level: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null, freq: 3 }),
  moves: fc.array(
    fc.record({ part: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), by: fc.tuple(fc.nat(), fc.nat()) }),
    {
      maxLength: 2,
    },
  ),
  way: fc.constantFrom('wide', 'upright', 'anyhow'),
});

/** Moves a part of the picture: over its whole width, straight up or down, or anyhow. */
function move(picture: Framebuffer, part: Rectangle, [right, down]: readonly [number, number], way: string): Move {
  const source = way === 'wide' ? { ...part, x: 0, width: picture.width } : part;
  const x = way === 'anyhow' ? right % (picture.width - source.width + 1) : source.x;
  const y = down % (picture.height - source.height + 1);
  const { stride } = picture;
  const bytes = source.width * 4;
  memory.kernels.copyRectangle(picture.at(source.x, source.y), stride, picture.at(x, y), stride, bytes, source.height);
  return { source, dx: x - source.x, dy: y - source.y };
}

function partOf({ width, height }: Size, [a, b, c, d]: readonly [number, number, number, number]): Rectangle {
  const x = a % width;
  const y = b % height;
  return { x, y, width: 1 + (c % (width - x)), height: 1 + (d % (height - y)) };
}

describe('StripEncoder', () => {
  it('makes one whole zlib stream of any picture, after any changes, at any level', async () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 90 }), height: fc.integer({ min: 1, max: 120 }) });
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(step, { minLength: 1, maxLength: 6 }), async (size, steps) => {
        const picture = new Framebuffer(memory, size);
        const encoder = new StripEncoder(memory, size, deflateStrips);
        let level = 6;
        for (const { part, seed, noisy, level: next, moves: all, way } of steps) {
          const moves = all.map(each => move(picture, partOf(size, each.part), each.by, way));
          const rectangle = partOf(size, part);
          paint(picture, rectangle, seed, noisy);
          level = next ?? level;
          const { pieces } = await encoder.encode(picture, { rectangles: [rectangle], moves }, level);
          expect(inflateSync(Buffer.concat(pieces)).equals(rgbOf(picture))).toBe(true);
        }
        encoder.free();
        picture.free();
      }),
    );
  });

  it('is read by Python, at every level', async () => {
    const size = { width: 200, height: 96 };
    const picture = new Framebuffer(memory, size);
    const encoder = new StripEncoder(memory, size, deflateStrips);
    paint(picture, picture.bounds, 7, false);
    paint(picture, { x: 20, y: 10, width: 90, height: 60 }, 3, true);
    for (let level = 0; level <= 9; level++) {
      const { pieces } = await encoder.encode(picture, { rectangles: [], moves: [] }, level);
      const code = 'import sys,zlib; sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))';
      const read = execFileSync('python3', ['-c', code], { input: Buffer.concat(pieces), maxBuffer: 1e7 });
      expect(read.equals(rgbOf(picture))).toBe(true);
    }
  });

  it('compresses only strips that changed, and all of them for another level', async () => {
    const size = { width: 320, height: 240 };
    const picture = new Framebuffer(memory, size);
    const encoder = new StripEncoder(memory, size, deflateStrips);
    const counts: number[] = [];
    const encode = async (changed: readonly Rectangle[], level: number) => {
      const { pieces, compressed } = await encoder.encode(picture, { rectangles: changed, moves: [] }, level);
      counts.push(compressed);
      return Buffer.concat(pieces).length;
    };
    await encode([], 6);
    await encode([], 6);
    await encode([{ x: 5, y: 9, width: 1, height: 2 }], 6);
    await encode([{ x: 5, y: 35, width: 1, height: 1 }], 6);
    expect(counts).toEqual([24, 0, 2, 1]);
    const stored = await encode([], 0);
    expect(counts.at(-1)).toBe(24);
    expect(stored / (320 * 240 * 3)).toBeCloseTo(1, 2);
  });

  it.each([
    ['alone', 0, 160],
    ['between margins', 9, 140],
  ])('compresses of a page that scrolls %s what is new, and does not end in ever more strips', async (_, x, width) => {
    const size = { width: 160, height: 480 };
    const picture = new Framebuffer(memory, size);
    const encoder = new StripEncoder(memory, size, deflateStrips);
    paint(picture, picture.bounds, 99, false);
    paint(picture, { x, y: 40, width, height: 440 }, 5, true);
    await encoder.encode(picture, { rectangles: [picture.bounds], moves: [] }, 6);
    let pieces: readonly Uint8Array[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const by = 1 + (turn % 9);
      const source = { x, y: 40 + by, width, height: 440 - by };
      const fresh = { x, y: 480 - by, width, height: by };
      const { stride } = picture;
      memory.kernels.copyRectangle(picture.at(x, 40 + by), stride, picture.at(x, 40), stride, width * 4, source.height);
      paint(picture, fresh, turn + 9, true);
      const moves = [{ source, dx: 0, dy: -by }];
      const encoded = await encoder.encode(picture, { rectangles: [fresh], moves }, 6);
      expect(encoded.compressed).toBeLessThanOrEqual(4);
      pieces = encoded.pieces;
      expect(inflateSync(Buffer.concat(pieces)).equals(rgbOf(picture))).toBe(true);
    }
    expect(pieces.length).toBeLessThan(60);
    encoder.free();
    picture.free();
  });

  it('compresses again what scrolls beside something that does not', async () => {
    const size = { width: 160, height: 480 };
    const picture = new Framebuffer(memory, size);
    const encoder = new StripEncoder(memory, size, deflateStrips);
    paint(picture, picture.bounds, 5, true);
    await encoder.encode(picture, { rectangles: [picture.bounds], moves: [] }, 6);
    const source = { x: 30, y: 20, width: 130, height: 460 };
    const { stride } = picture;
    memory.kernels.copyRectangle(picture.at(30, 20), stride, picture.at(30, 0), stride, 130 * 4, 460);
    const { pieces } = await encoder.encode(picture, { rectangles: [], moves: [{ source, dx: 0, dy: -20 }] }, 6);
    expect(inflateSync(Buffer.concat(pieces)).equals(rgbOf(picture))).toBe(true);
    encoder.free();
    picture.free();
  });

  it('reads the picture at once: later changes are not in the stream', async () => {
    const size = { width: 1366, height: 768 };
    const picture = new Framebuffer(memory, size);
    const encoder = new StripEncoder(memory, size, deflateStrips);
    paint(picture, { x: 0, y: 0, width: 1366, height: 300 }, 11, true);
    const before = rgbOf(picture);
    const all = { rectangles: [picture.bounds], moves: [] };
    const encoded = encoder.encode(picture, all, 6);
    paint(picture, picture.bounds, 12, true);
    await expect(encoder.encode(picture, { rectangles: [], moves: [] }, 6)).rejects.toThrow(
      'while the last picture was being compressed',
    );
    expect(inflateSync(Buffer.concat((await encoded).pieces)).equals(before)).toBe(true);
    const after = await encoder.encode(picture, all, 6);
    expect(inflateSync(Buffer.concat(after.pieces)).equals(rgbOf(picture))).toBe(true);
  });
});

describe('zlib splicing', () => {
  it('combines checksums as if the bytes had been summed together', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
        expect(combineAdler32(adler32(a), adler32(b), b.length)).toBe(adler32(Buffer.concat([a, b])));
      }),
    );
  });

  it('has the header that zlib writes for the level', () => {
    expect([0, 1, 5, 6, 9].map(level => Buffer.from(zlibHeader(level)).toString('hex'))).toEqual([
      '7801',
      '7801',
      '785e',
      '789c',
      '78da',
    ]);
  });
});
