import { randomInt } from 'node:crypto';
import { onTestFailed } from 'vitest';

/**
 * A seed for the random inputs of a test, different in each run. A failing test reports its seed, even one that never
 * ends (fast-check cannot do that); PEERGLASS_TEST_SEED repeats it.
 */
export function drawSeed(): number {
  const seed = Number(process.env.PEERGLASS_TEST_SEED ?? randomInt(2 ** 31));
  onTestFailed(() => console.error(`The seed was drawn: PEERGLASS_TEST_SEED=${seed} repeats this.`));
  return seed;
}
