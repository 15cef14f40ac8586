import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { shareKernels } from '../../source/node/kernel-threads.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { cutRows, MOST_PARTS } from '../../source/pixels/kernel-threads.js';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';
import { failingThreads, memoryOf, sharedModule } from '../helpers/kernel-threads.js';
import { random } from '../pixels/planes.js';

const WIDTH = 512;
const HEIGHT = 480;
const STRIDE = WIDTH * 4;

const started: PixelMemory[] = [];

async function start(...given: Parameters<typeof memoryOf>): Promise<PixelMemory> {
  const memory = await memoryOf(...given);
  started.push(memory);
  return memory;
}

afterAll(() => {
  for (const { threads } of started) threads?.end();
});

/** Copies a picture of noise in bands, on the memory's threads. @returns whether every pixel has arrived */
function copies(memory: PixelMemory, seed: number, bands = 24): boolean {
  const from = memory.allocate(STRIDE * HEIGHT);
  const to = memory.allocate(STRIDE * HEIGHT);
  const next = random(seed);
  const words = new Uint32Array(memory.memory.buffer, from, WIDTH * HEIGHT);
  for (let i = 0; i < words.length; i++) words[i] = next() * 2 ** 32;
  memory.threads!.run(
    'copyRectangle',
    cutRows(HEIGHT, bands).map(
      band =>
        [from + band.from * STRIDE, STRIDE, to + band.from * STRIDE, STRIDE, STRIDE, band.to - band.from] as const,
    ),
  );
  const same = Buffer.compare(memory.bytes(from, STRIDE * HEIGHT), memory.bytes(to, STRIDE * HEIGHT)) === 0;
  memory.free(from);
  memory.free(to);
  return same;
}

describe('kernels on several threads', () => {
  it('are started for more than one only', () => {
    for (const memory of [createPixelMemory(), createPixelMemory({ threads: 1 })]) {
      expect(memory.threads).toBeNull();
      expect(memory.memory.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  it('are one thread on a processor without vectors', () => {
    expect(createPixelMemory({ threads: 4, vectors: false }).threads).toBeNull();
  });

  it('work from the first moment on, before the others are up', () => {
    const memory = createPixelMemory({ threads: 3 });
    started.push(memory);
    expect(memory.threads?.partsOf('encodeCosine', 1e7, 100)).toBe(1);
    expect(copies(memory, 1)).toBe(true);
  });

  it.each([2, 3, 8])('make each call once, with %i threads', async threads => {
    const memory = await start(threads);
    for (let seed = 0; seed < 200; seed++) expect(copies(memory, seed, 1 + (seed % MOST_PARTS))).toBe(true);
  });

  it('see memory that has grown since they were started', async () => {
    const memory = await start(3);
    for (let seed = 0; seed < 20; seed++) {
      memory.allocate(3_000_000);
      expect(copies(memory, seed)).toBe(true);
    }
  });

  it('return what each call returned', async () => {
    const memory = await start(3);
    const picture = memory.allocate(64 * 64 * 4);
    const scratch = memory.allocate(9600 * 8);
    const to = memory.allocate(3171 * 4 * 8);
    const calls = Array.from(
      { length: 8 },
      (_, i) => [picture, 256, 64, 8 * (i + 1), 12, 12, scratch + i * 9600, to + i * 3171 * 4] as const,
    );
    const alone = calls.map(values => memory.kernels.encodeCosine(...values));
    expect(
      memory.threads!.run(
        'encodeCosine',
        calls.map(values => [...values]),
      ),
    ).toEqual(alone);
  });

  it('do not keep a process alive, and end with it', () => {
    const load = fileURLToPath(new URL('../../dist/source/node/load-kernels.js', import.meta.url));
    const script = `import(${JSON.stringify(load)}).then(({ createPixelMemory }) => createPixelMemory({ threads: 4 }))`;
    expect(spawnSync(process.execPath, ['-e', script]).status).toBe(0);
  });

  it('share no work below the limit', async () => {
    const memory = await start(2, { leastNs: 60_000 });
    expect(memory.threads!.partsOf('encodeCosine', 64 * 64, 4)).toBe(1);
    expect(memory.threads!.partsOf('encodeCosine', 1024 * 1024, 64)).toBe(6);
    expect(memory.threads!.partsOf('encodeCosine', 1024 * 1024, 4)).toBe(4);
  });
});

describe('a thread that is lost in the middle of a call', () => {
  it.each(['end', 'hang'] as const)('loses nothing, and the caller goes on alone (%s)', async then => {
    let lost = 0;
    const entry = failingThreads('copyRectangle', then);
    const memory = await start(3, { lost: () => lost++, patienceMs: 300 }, entry);
    for (let seed = 0; lost === 0; seed++) {
      expect(copies(memory, seed)).toBe(true);
      // A thread that has ended while nobody waited for it.
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(memory.threads!.count).toBe(1);
    for (let seed = 0; seed < 5; seed++) expect(copies(memory, seed)).toBe(true);
    expect(lost).toBe(1);
  });

  it('may be one that never came up', async () => {
    const entry = new URL('../helpers/there-is-none.mjs', import.meta.url);
    const memory = await new Promise<PixelMemory>(resolve => {
      const created = shareKernels(sharedModule(), 2, entry, { lost: () => resolve(created!) });
    });
    expect(memory.threads!.count).toBe(1);
    expect(copies(memory, 1)).toBe(true);
  });
});

describe('cutRows', () => {
  it('covers all rows, in order, in parts that begin at multiples of the unit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(1, 16, 64),
        (rows, parts, unit) => {
          const bands = cutRows(rows, parts, unit);
          expect(bands.length).toBeLessThanOrEqual(parts);
          expect(bands[0]!.from).toBe(0);
          expect(bands.at(-1)!.to).toBe(rows);
          bands.forEach(({ from, to }, index) => {
            expect(to).toBeGreaterThan(from);
            expect(from % unit).toBe(0);
            if (index > 0) expect(from).toBe(bands[index - 1]!.to);
          });
        },
      ),
    );
  });
});
