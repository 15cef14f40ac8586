import { expect, test } from 'vitest';
import { explainDeath } from '../../../source/session/watch/watch-controller.js';

const ENDED = { role: 'watch', code: 1, signal: null, view: 'sdl', printed: '' } as const;
const STACK = 'node:internal/fs/promises:637\n\nError: EMFILE: too many open files, open x\n    at async open\n';

test.each([
  ['its X server is gone', ENDED, 'E_DISPLAY_DIED', /display closed/],
  ['too few files may be open', { ...ENDED, printed: STACK }, 'E_TOO_MANY_FILES', /no more files/],
  [
    'of an error',
    { ...ENDED, printed: 'x\nTypeError: no y\n  at z' },
    'E_WORKER_DIED',
    /Its last error: TypeError: no y$/,
  ],
  ['somebody killed it', { ...ENDED, code: null, signal: 'SIGKILL' }, 'E_WORKER_DIED', /was killed by SIGKILL\.$/],
  ['a library crashed', { ...ENDED, code: null, signal: 'SIGSEGV' }, 'E_CRASH', /crashed in a system library/],
  ['it left', { ...ENDED, code: 7, view: 'none' }, 'E_WORKER_DIED', /status 7/],
] as const)('a child that ended because %s', (_why, death, code, message) => {
  expect(explainDeath(death)).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a crash names the terminal only to one who watches in a window', () => {
  const crash = { ...ENDED, code: null, signal: 'SIGBUS' } as const;
  expect(explainDeath(crash).remedy).toContain('--view terminal');
  expect(explainDeath({ ...crash, view: 'terminal' }).remedy).not.toContain('--view terminal');
});

test('the remedy names the command that was given', () => {
  const crash = { ...ENDED, role: 'play', code: null, signal: 'SIGSEGV' } as const;
  expect(explainDeath(crash).remedy).toMatch(/^Play it again\. .*play in the terminal with --view terminal/);
  expect(explainDeath({ ...ENDED, role: 'play' }).remedy).toBe('Restart the display, then play again.');
});
