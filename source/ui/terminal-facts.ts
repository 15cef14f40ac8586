import type { WriteStream } from 'node:tty';
import type { TerminalFacts } from '../session/doctor/finding.js';
import { backgroundFrom, chooseTheme } from './theme.js';

/** What a terminal can do, without asking it. */
export function terminalFacts(
  stream: Pick<WriteStream, 'isTTY' | 'columns' | 'rows' | 'getColorDepth'>,
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): TerminalFacts {
  const { LC_ALL, LC_CTYPE, LANG } = environment;
  const utf8 = platform === 'win32' || /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
  const background = backgroundFrom(environment);
  if (!stream.isTTY) return { isTerminal: false, colourDepth: 1, utf8, columns: 0, rows: 0, background };
  const depth = stream.getColorDepth(environment);
  const coloured = chooseTheme(environment, depth).colours.good !== null;
  const { columns, rows } = stream;
  return { isTerminal: true, colourDepth: coloured ? depth : 1, utf8, columns, rows, background };
}
