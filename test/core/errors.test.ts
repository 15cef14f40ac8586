import { expect, test } from 'vitest';
import { asPeerglassError } from '../../source/core/errors.js';

test('too few file descriptors are told as that, whatever needed one', () => {
  for (const code of ['EMFILE', 'ENFILE', 'UV_24']) {
    const thrown = Object.assign(new Error(`${code}: too many open files, open 'x'`), { code });
    expect(asPeerglassError(thrown)).toMatchObject({
      code: 'E_TOO_MANY_FILES',
      remedy: expect.stringContaining('ulimit -n'),
    });
  }
  expect(asPeerglassError(Object.assign(new Error('no'), { code: 'ENOENT' }))).toMatchObject({ code: 'E_INTERNAL' });
});
