import { expect, test } from 'vitest';
import { PendingFences } from '../../../source/session/share/rfb/pending-fences.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';

/** Fences updates that end at 0, 1, 2 ...; answers with what a viewer would answer to each. */
function fenced(fences: PendingFences, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, position) => {
    const message = fences.fence(() => ({ position, capturedAt: null }));
    return message.subarray(message.length - message[8]!);
  });
}

test('a reply tells which update was processed, once', () => {
  const pending = new PendingFences();
  const answers = fenced(pending, 3);
  expect(pending.first?.position).toBe(0);
  expect(pending.answered(answers[1]!)?.position).toBe(1);
  expect(pending.answered(answers[1]!)).toBeUndefined();
  expect(pending.answered(Uint8Array.of(1, 2, 3))).toBeUndefined();
});

test('a viewer that never replies costs a limited number of fences', () => {
  const pending = new PendingFences();
  const answers = fenced(pending, VIEWER_LIMITS.openFences + 50);
  const known = answers.filter(answer => pending.answered(answer) !== undefined);
  expect(known).toEqual(answers.slice(0, VIEWER_LIMITS.openFences));
});
