import { describe, expect, test } from 'vitest';
import { WATCH_FORM_DEFAULTS, watchProblems } from '../../source/ui/watch-form-values.js';

describe('the code in the form', () => {
  const problemOf = (code: string, wire = 'auto') =>
    watchProblems({ ...WATCH_FORM_DEFAULTS, address: '10.0.0.1', wire, code }).code;

  test.each(['一Āꀀ', 'café', 'a\u0000', '\u001b[A'])('%j is refused, since the protocol cannot carry it', code => {
    expect(problemOf(code)).toMatch(/^A code has letters without accents/);
  });

  test('may be left out, and means nothing to the classic protocol', () => {
    expect([problemOf(''), problemOf('k7m2p4qr'), problemOf('café', 'classic')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
