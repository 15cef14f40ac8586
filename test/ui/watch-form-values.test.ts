import { describe, expect, test } from 'vitest';
import {
  initialWatchValues,
  WATCH_FORM_DEFAULTS,
  watchFields,
  watchOptionsOf,
  watchProblems,
  withInvitation,
  withTyped,
} from '../../source/ui/watch-form-values.js';

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

describe('the threads in the form', () => {
  const given = (threads: string) => ({ ...WATCH_FORM_DEFAULTS, address: '10.0.0.1', wire: 'rfb', threads });

  test('are auto or a number', () => {
    expect(watchOptionsOf(WATCH_FORM_DEFAULTS)).toBeNull();
    expect(watchOptionsOf(given('auto'))).toMatchObject({ threads: 'auto' });
    expect(watchOptionsOf(given('3'))).toMatchObject({ threads: 3 });
    expect(watchProblems(given('9')).threads).toBe('The number of threads is "auto" or 1 to 8, not "9".');
  });

  test('are remembered, unless they make no sense', () => {
    const remembered = (threads: string) =>
      initialWatchValues({ peers: [], watch: { wire: 'rfb', threads }, share: {} } as never);
    expect(remembered('4').threads).toBe('4');
    expect(remembered('all').threads).toBe('auto');
  });
});

describe('the link of a broadcast in the form', () => {
  const place = 'http://hall.example/live/4pBW7g2tW0GJXJ0T4hXb0w';
  const key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
  const pasted = withTyped({ ...WATCH_FORM_DEFAULTS, wire: 'classic' }, 'address', `see ${place}#${key}`);

  test('is watched as it was pasted, and needs nothing else', () => {
    expect(watchProblems(pasted)).toEqual({});
    expect(watchOptionsOf(pasted)).toMatchObject({
      ...{ peer: { host: 'hall.example', port: 80 }, broadcast: { place: `${place}/` }, wire: 'auto', code: null },
    });
  });

  test('is remembered without its key, which has a field of its own', () => {
    const tidy = withInvitation(pasted);
    expect([tidy.address, tidy.code]).toEqual([place, key]);
    expect(watchFields(tidy).map(({ label }) => label)).toEqual(['Address', 'Key', 'Show it in']);
    expect(watchOptionsOf(tidy)?.broadcast?.key).toEqual(Uint8Array.from({ length: 32 }, (_, at) => at));
    const again = { ...tidy, code: '' };
    expect(watchProblems(again).address).toContain('lacks its key');
    expect(watchOptionsOf(again)).toBeNull();
  });
});
