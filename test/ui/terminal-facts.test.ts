import { expect, test } from 'vitest';
import { terminalFacts } from '../../source/ui/terminal-facts.js';

const TERMINAL = { isTTY: true, columns: 100, rows: 30, getColorDepth: () => 24 };

test("the terminal's size, and its colours, letters and background from the environment", () => {
  const environment = { TERM: 'xterm-256color', LANG: 'de_DE.utf8', COLORFGBG: '0;15' };
  expect(terminalFacts(TERMINAL, environment, 'linux')).toEqual({
    ...{ isTerminal: true, colourDepth: 24, utf8: true, columns: 100, rows: 30, background: 'light' },
  });
});

test("LC_ALL overrides LANG, and NO_COLOR overrides the terminal's abilities", () => {
  const environment = { TERM: 'xterm', LANG: 'C.UTF-8', LC_ALL: 'C', NO_COLOR: '1' };
  expect(terminalFacts(TERMINAL, environment, 'linux')).toMatchObject({
    colourDepth: 1,
    utf8: false,
    background: null,
  });
});

test('a pipe is none', () => {
  const pipe = { ...TERMINAL, isTTY: false };
  expect(terminalFacts(pipe, {}, 'linux')).toMatchObject({ isTerminal: false, columns: 0, rows: 0 });
});
