import { randomInt } from 'node:crypto';
import { onTestFailed } from 'vitest';

/**
 * A seed for the random inputs of a test, another one in each run. A test that fails says which it was, also one that
 * never ends, which fast-check cannot; PEERGLASS_TEST_SEED brings it back.
 */
export function drawSeed(): number {
  const seed = Number(process.env.PEERGLASS_TEST_SEED ?? randomInt(2 ** 31));
  onTestFailed(() => console.error(`The seed was drawn: PEERGLASS_TEST_SEED=${seed} repeats this.`));
  return seed;
}
