import { expect, test } from 'vitest';
import { asPeerglassError, oneLine } from '../../source/core/errors.js';

test('too few file descriptors are reported as such, whatever needed one', () => {
  for (const code of ['EMFILE', 'ENFILE', 'UV_24']) {
    const thrown = Object.assign(new Error(`${code}: too many open files, open 'x'`), { code });
    expect(asPeerglassError(thrown)).toMatchObject({
      code: 'E_TOO_MANY_FILES',
      remedy: expect.stringContaining('ulimit -n'),
    });
  }
  expect(asPeerglassError(new Error('boom')).message).toBe('A fault in peerglass: boom.');
  expect(asPeerglassError(new Error('What now?')).message).toBe('A fault in peerglass: What now?');
  expect(asPeerglassError(Object.assign(new Error('no'), { code: 'ENOENT' }))).toMatchObject({ code: 'E_INTERNAL' });
});

test('an array buffer that could not be allocated is a lack of memory, not a fault', () => {
  let thrown: unknown;
  try {
    new ArrayBuffer(2 ** 52);
  } catch (error) {
    thrown = error;
  }
  expect(asPeerglassError(thrown)).toMatchObject({ code: 'E_MEMORY', cause: thrown });
  expect(asPeerglassError(new RangeError('Invalid count'))).toMatchObject({ code: 'E_INTERNAL' });
});

test('on one line a list in the advice stays one', () => {
  const remedy = 'Check the address.\nTo open the port there:\n  ufw: allow it\n  macOS:  allow node';
  expect(oneLine({ code: 'E_CONNECT_TIMEOUT', message: 'No answer.', remedy })).toBe(
    'E_CONNECT_TIMEOUT: No answer. Check the address. To open the port there: ufw: allow it; macOS: allow node',
  );
});
