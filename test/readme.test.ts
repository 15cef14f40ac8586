import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS, FLAGS, flagText } from '../source/cli/flags.js';
import { ERROR_CODES } from '../source/core/error-codes.js';
import { bindingsOf } from '../source/ui/keys.js';

const FILE = path.resolve(import.meta.dirname, '../README.md');

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  const rule = `|${(rows[0] ?? []).map(() => '---').join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function flagsTable(): string {
  const rows = FLAGS.map(flag => {
    const text = `${flag.short ? `-${flag.short}, ` : ''}${flagText(flag)}`;
    const commands = flag.on.filter(each => each !== 'menu');
    return [`\`${text}\``, commands.length === COMMANDS.length ? 'all' : commands.join(', '), flag.help];
  });
  return table([['flag', 'of', 'what it does (what holds without it)'], ...rows]);
}

function errorsTable(): string {
  return table([
    ['code', 'what happened'],
    ...Object.entries(ERROR_CODES).map(([code, text]) => [`\`${code}\``, text]),
  ]);
}

function keysTable(): string {
  const share = bindingsOf('share');
  const watch = bindingsOf('watch');
  const window = bindingsOf('window');
  const keys = [...new Set([...share, ...watch, ...window].map(({ shown }) => shown))];
  const help = (bindings: typeof share, shown: string) => bindings.find(each => each.shown === shown)?.help ?? '';
  return table([
    ['key', 'sharing', 'watching', "in the picture's window"],
    ...keys.map(key => [`\`${key}\``, help(share, key), help(watch, key), help(window, key)]),
  ]);
}

/** With PEERGLASS_UPDATE_README=1 the tables are written instead of compared. */
const updating = process.env.PEERGLASS_UPDATE_README === '1';

describe('the README', () => {
  test.each([
    ['flags', flagsTable],
    ['errors', errorsTable],
    ['keys', keysTable],
  ])('has the table of %s that the program has', (name, make) => {
    const text = readFileSync(FILE, 'utf8');
    const [before, after] = [`<!-- ${name} -->\n`, '<!-- end -->'];
    const start = text.indexOf(before) + before.length;
    const end = text.indexOf(after, start);
    expect(start).toBeGreaterThan(before.length);
    const wanted = `${make()}\n`;
    if (updating) writeFileSync(FILE, text.slice(0, start) + wanted + text.slice(end));
    else expect(text.slice(start, end), 'PEERGLASS_UPDATE_README=1 npx vitest run test/readme.test.ts').toBe(wanted);
  });
});
