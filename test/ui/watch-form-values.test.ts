import { describe, expect, test } from 'vitest';
import { WATCH_FORM_DEFAULTS, watchProblems } from '../../source/ui/watch-form-values.js';

describe('the code in the form', () => {
  const problemOf = (code: string, wire = 'auto') =>
    watchProblems({ ...WATCH_FORM_DEFAULTS, address: '10.0.0.1', wire, code }).code;

  test.each(['a\u0000', '\u001b[A', 'lesson\u202e3'])('%j is refused: it has control characters', code => {
    expect(problemOf(code)).toBe('A code has no control characters.');
  });

  test.each(['一Āꀀ', 'café'])('%j is somebody’s own word, and may be one', code => {
    expect(problemOf(code)).toBeUndefined();
  });

  test('may be left out, and means nothing to the classic protocol', () => {
    expect([problemOf(''), problemOf('k7m2p4qr'), problemOf('\u0000', 'classic')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
