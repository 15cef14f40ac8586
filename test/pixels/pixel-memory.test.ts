import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { full } from '../helpers/full-memory.js';

const PAGE = 65_536;

describe('PixelMemory', () => {
  it('gives zeroed blocks that do not overlap, some with whole pages to themselves', () => {
    const step = fc.record({
      kind: fc.constantFrom('block', 'pages', 'free'),
      length: fc.integer({ min: 1, max: 200_000 }),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const memory = createPixelMemory();
        const blocks: { pointer: number; length: number; mark: number }[] = [];
        for (const [index, { kind, length, which }] of steps.entries()) {
          if (kind === 'free') {
            const [block] = blocks.splice(which % Math.max(blocks.length, 1), 1);
            if (block) memory.free(block.pointer);
            continue;
          }
          const pointer = kind === 'pages' ? memory.allocatePages(length) : memory.allocate(length);
          const whole = memory.lengthOf(pointer);
          expect(whole).toBeGreaterThanOrEqual(length + 16);
          expect([pointer % 64, whole % 64]).toEqual([0, 0]);
          if (kind === 'pages') expect([pointer % PAGE, whole % PAGE]).toEqual([0, 0]);
          expect(memory.bytes(pointer, whole).every(byte => byte === 0)).toBe(true);
          memory.bytes(pointer, whole).fill(index + 1);
          blocks.push({ pointer, length: whole, mark: index + 1 });
        }
        for (const { pointer, length, mark } of blocks) {
          expect(memory.bytes(pointer, length).every(byte => byte === mark)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('reports that it cannot grow, and stays usable', () => {
    const memory = createPixelMemory();
    const end = full(memory);
    expect(() => memory.allocatePages(1 << 24)).toThrow(expect.objectContaining({ code: 'E_MEMORY' }));
    memory.free(memory.allocate(1000));
    end();
    memory.free(memory.allocatePages(1 << 24));
    expect(() => memory.allocate(2 ** 33)).toThrow(expect.objectContaining({ code: 'E_MEMORY' }));
  });

  it('calls back once before a block is freed, while it still exists', () => {
    const memory = createPixelMemory();
    const pointer = memory.allocate(10);
    const lengths: number[] = [];
    memory.whenFreed(pointer, () => lengths.push(memory.lengthOf(pointer)));
    memory.free(pointer);
    expect(lengths).toEqual([64]);
    expect(() => memory.free(pointer)).toThrow(RangeError);
    memory.free(memory.allocate(10));
    expect(lengths).toHaveLength(1);
  });
});
