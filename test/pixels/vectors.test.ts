import { expect, test } from 'vitest';
import { hasVectors, withoutVectors } from '../../source/pixels/vectors.js';

test('vectors are there unless the processor lacks them', () => {
  // The tests of pixels and codecs run a second time as if it did.
  expect(hasVectors()).toBe(process.env.PEERGLASS_TEST_VECTORS !== 'off');
});

test('the user gets the cost, and the remedy', () => {
  expect(withoutVectors('x64').text).toMatch(/no SSE4\.1/);
  expect(withoutVectors('x64').remedy).toMatch(/CPU model "host"/);
  expect(withoutVectors('riscv64').text).not.toContain('SSE');
  expect(withoutVectors('riscv64').remedy).not.toBe('');
});
