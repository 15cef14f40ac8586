import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { judgeTogether, photographicParts } from '../../source/codecs/encode/photographic.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { encodeCosine } from '../../source/codecs/encodings/cosine-data.js';
import { joined } from '../../source/core/bytes.js';
import { BGRX } from '../../source/core/pixel-format.js';
import { intersect, type Rectangle, translate } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Comparer } from '../../source/pixels/difference.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';
import { Scaler } from '../../source/pixels/scaler.js';
import { ScrollVotes } from '../../source/pixels/scroll-votes.js';
import { failingThreads, memoryOf, THREADS } from '../helpers/kernel-threads.js';
import { noise, paint, shifted, text } from './pictures.js';
import { random } from './planes.js';
import { Stage } from './stage.js';

const SIZE = { width: 390, height: 520 };
const RUNS = { numRuns: 8 };

const alone = createPixelMemory();
const side = (most: number) => fc.integer({ min: 1, max: most });
const part = fc
  .record({ x: fc.nat(200), y: fc.nat(200), width: side(190), height: side(320) })
  .map(({ x, y, width, height }): Rectangle => ({ x, y, width, height }));

/** Noise, of which a copy differs here and there. */
function pair(memory: PixelMemory, seed: number): [Framebuffer, Framebuffer] {
  const pictures: [Framebuffer, Framebuffer] = [new Framebuffer(memory, SIZE), new Framebuffer(memory, SIZE)];
  const draw = seed % 2 === 0 ? text(seed) : noise(seed);
  paint(pictures[0], pictures[0].bounds, draw);
  pictures[1].bytes().set(pictures[0].bytes());
  const next = random(seed);
  for (let i = 0; i < 12; i++) {
    const [x, y] = [Math.floor(next() * 300), Math.floor(next() * 400)];
    paint(pictures[1], { x, y, width: 1 + Math.floor(next() * 90), height: 1 + Math.floor(next() * 90) }, noise(i));
  }
  return pictures;
}

describe.each(THREADS)('with %i threads', threads => {
  let memory: PixelMemory;

  beforeAll(async () => {
    memory = await memoryOf(threads);
  });
  afterAll(() => memory.threads?.end());

  /** What comes out here, and on one thread without others. */
  function both<Result>(work: (memory: PixelMemory) => Result): [Result, Result] {
    return [work(memory), work(alone)];
  }

  it('the same differences are found, also after a move', () => {
    fc.assert(
      fc.property(part, fc.integer(), fc.integer({ min: -60, max: 0 }), fc.nat(60), (where, seed, dx, dy) => {
        const [found, expected] = both(on => {
          const [a, b] = pair(on, seed);
          const comparer = new Comparer(a, b);
          const moved = intersect({ ...where, x: where.x + dx, y: where.y + dy }, b.bounds);
          const sampled = comparer.sample(where);
          const results = [
            comparer.compare([where, { x: -5, y: 300, width: 900, height: 900 }]).all(),
            moved && comparer.find(moved, dx, dy),
            [sampled.pixels, sampled.within(where)],
          ];
          for (const each of [comparer, a, b]) each.free();
          return results;
        });
        expect(found).toEqual(expected);
      }),
      RUNS,
    );
  });

  it('the same is committed: scrolled text, films and letters, exact to the pixel', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -30, max: 30 })), { maxLength: 6 }),
        (seed, steps) => {
          const [entries, expected] = both(on => {
            const stage = new Stage(on, SIZE);
            let down = 0;
            const entries = steps.map(([what, by], index) => {
              const area = { x: 20, y: 30, width: 340, height: 460 };
              if (what <= 1) {
                down += by;
                stage.draw(area, shifted(text(seed), 0, down));
              } else if (what === 2) stage.draw(area, noise(index));
              else stage.draw({ x: 100, y: 200 + by, width: 9, height: 12 }, noise(index));
              return stage.commit();
            });
            stage.screen.free();
            return entries;
          });
          expect(entries).toEqual(expected);
        },
      ),
      RUNS,
    );
  });

  it('moves get the same votes', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: -40, max: 40 }),
        fc.integer({ min: 50, max: 20_000 }),
        (seed, dy, aim) => {
          const [candidates, expected] = both(on => {
            const [before, now] = [new Framebuffer(on, SIZE), new Framebuffer(on, SIZE)];
            paint(before, before.bounds, text(seed));
            paint(now, now.bounds, shifted(text(seed), 0, dy));
            const strips = [0, 60, 150, 200, 310].map(x => ({ x, y: x / 2, width: 80, height: 300, step: 1 as const }));
            const votes = new ScrollVotes(on, SIZE.width);
            const candidates = votes.candidates(before, now, [{ before: strips, now: strips }], aim);
            for (const each of [votes, before, now]) each.free();
            return candidates;
          });
          expect(candidates).toEqual(expected);
        },
      ),
      RUNS,
    );
  });

  it('scaled pictures are the same', () => {
    fc.assert(
      fc.property(part, side(400), side(400), fc.integer(), (changed, width, height, seed) => {
        const [scaled, expected] = both(on => {
          const [from] = pair(on, seed);
          const to = new Framebuffer(on, { width, height });
          const scaler = new Scaler(on, SIZE, to);
          scaler.scale(from, changed, to, { x: 0, y: 0 });
          const bytes = to.bytes().slice();
          for (const each of [from, to, scaler]) each.free();
          return bytes;
        });
        expect(Buffer.compare(scaled, expected)).toBe(0);
      }),
      RUNS,
    );
  });

  it('what is moved inside a picture is the same, over itself too', () => {
    const by = fc.record({
      dx: fc.oneof(fc.constant(0), fc.integer({ min: -80, max: 80 })),
      dy: fc.integer({ min: -90, max: 90 }),
    });
    fc.assert(
      fc.property(part, by, fc.integer(), (where, { dx, dy }, seed) => {
        const [moved, expected] = both(on => {
          const [framebuffer] = pair(on, seed);
          const { bounds, stride } = framebuffer;
          const legal = intersect(translate(bounds, -dx, -dy), bounds);
          const source = legal && intersect(legal, where);
          if (source) {
            const to = framebuffer.at(source.x + dx, source.y + dy);
            on.moveWithin(framebuffer.at(source.x, source.y), to, stride, source.width * 4, source.height);
          }
          const bytes = framebuffer.bytes().slice();
          framebuffer.free();
          return bytes;
        });
        expect(Buffer.compare(moved, expected)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('photographs are told from text in the same way, of several rectangles together too', () => {
    const places = fc.array(part, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(places, fc.integer(), (rectangles, seed) => {
        const [parts, expected] = both(on => {
          const [framebuffer] = pair(on, seed);
          const scratch = new EncodeScratch(on, nodeCompressors);
          judgeTogether(framebuffer, rectangles, scratch);
          const large = rectangles.reduce((sum, { width, height }) => sum + width * height, 0) > 100;
          if (large) expect(scratch.judged.size > 0).toBe(on.threads !== null && rectangles.length > 1);
          const parts = rectangles.map(each => photographicParts(framebuffer, each, scratch));
          for (const each of [framebuffer, scratch]) each.free();
          return parts;
        });
        expect(parts).toEqual(expected);
      }),
      RUNS,
    );
  });

  it('photographs have the same bytes as Cosine', () => {
    fc.assert(
      fc.property(part, fc.integer(), fc.integer({ min: 85, max: 97 }), (rectangle, seed, quality) => {
        const [bytes, expected] = both(on => {
          const [framebuffer] = pair(on, seed);
          const scratch = new EncodeScratch(on, nodeCompressors);
          const jpeg = { quality, subsampling: '4:4:4', subsamplingRequested: false } as const;
          const job = { framebuffer, rectangle, pixels: new WirePixels(BGRX), level: 1, jpeg, pooled: true };
          const bytes = joined(encodeCosine(job, jpeg, scratch));
          for (const each of [framebuffer, scratch]) each.free();
          return bytes;
        });
        expect(Buffer.compare(bytes, expected)).toBe(0);
      }),
      RUNS,
    );
  });
});

describe('a thread that is lost in the middle of a move', () => {
  let memory: PixelMemory | null = null;
  afterEach(() => memory?.threads?.end());

  it.each(['end', 'hang'] as const)('loses nothing (%s)', async then => {
    let lost = 0;
    memory = await memoryOf(3, { lost: () => lost++, patienceMs: 300 }, failingThreads('moveRows', then));
    const size = { width: 1600, height: 1200 };
    const pictures = [memory, alone].map(on => {
      const picture = new Framebuffer(on, size);
      paint(picture, picture.bounds, noise(3));
      return picture;
    });
    for (let round = 0; lost === 0 || round < 3; round++) {
      // Half of the rows that are moved up is their upper half.
      const dy = -7;
      for (const { memory, stride, pointer } of pictures) {
        memory.moveWithin(pointer - dy * stride, pointer, stride, stride, size.height + dy);
      }
      expect(Buffer.compare(pictures[0]!.bytes(), pictures[1]!.bytes())).toBe(0);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(memory.threads!.count).toBe(1);
    pictures[1]!.free();
  });
});

describe('a thread that is lost while photographs are told from text', () => {
  let memory: PixelMemory | null = null;
  afterEach(() => memory?.threads?.end());

  it.each(['end', 'hang'] as const)('loses nothing (%s)', async then => {
    let lost = 0;
    memory = await memoryOf(3, { lost: () => lost++, patienceMs: 300 }, failingThreads('photographicBlocks', then));
    const scratch = new EncodeScratch(memory, nodeCompressors);
    const rectangles = Array.from({ length: 40 }, (_, i) => ({ x: i, y: 2 * i, width: 340, height: 440 }));
    const [framebuffer] = pair(memory, 7);
    const partsOf = () => rectangles.map(each => photographicParts(framebuffer, each, scratch));
    const expected = partsOf();
    for (let round = 0; lost === 0 || round < 3; round++) {
      judgeTogether(framebuffer, rectangles, scratch);
      expect(partsOf()).toEqual(expected);
      scratch.judged.clear();
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(memory.threads!.count).toBe(1);
  });
});
