import os from 'node:os';
import { describe, expect, test } from 'vitest';
import { freeThreads, processors, quotaOf, threadsFor } from '../../source/node/free-threads.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;

describe('how many threads work on pixels', () => {
  test.each([
    // cores, quota, cores of the machine, load, threads
    [1, NO_LIMIT, 1, 0, 1],
    [2, NO_LIMIT, 2, 0, 1],
    [3, NO_LIMIT, 3, 0, 2],
    [4, NO_LIMIT, 4, 0, 3],
    [8, NO_LIMIT, 8, 0, 7],
    [16, NO_LIMIT, 16, 1.6, 8],
    [64, NO_LIMIT, 64, 0, 8],
    // Busy machines.
    [8, NO_LIMIT, 8, 4, 3],
    [8, NO_LIMIT, 8, 40, 1],
    // A part of a machine: the load is that of the whole.
    [4, NO_LIMIT, 64, 32, 1],
    [16, 2, 16, 0, 1],
    [16, 4, 16, 0, 3],
    [64, 1.5, 64, 0, 1],
  ])(
    '%d cores, at most %d of them, on a machine of %d with a load of %d: %d',
    (cores, quota, machineCores, load, free) => {
      expect(freeThreads({ cores, quota, machineCores, load })).toBe(free);
    },
  );

  test.each([
    ['max 100000\n', NO_LIMIT],
    ['200000 100000\n', 2],
    ['150000 100000', 1.5],
    ['', NO_LIMIT],
    ['rubbish', NO_LIMIT],
  ])('the limit of a group of processes: %j', (text, cores) => {
    expect(quotaOf(text)).toBe(cores);
  });

  test('a number is kept to; auto is what this machine has free', () => {
    expect(threadsFor(5)).toBe(5);
    const here = threadsFor('auto');
    expect(here).toBeGreaterThanOrEqual(1);
    expect(here).toBeLessThanOrEqual(Math.min(8, os.availableParallelism()));
    expect(processors().machineCores).toBeGreaterThanOrEqual(1);
  });
});
