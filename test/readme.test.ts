import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS, FLAGS, flagText } from '../source/cli/flags.js';
import { helpText } from '../source/cli/help-text.js';
import { echo } from '../source/codecs/encodings/echo.js';
import {
  CHOSEN_ENCODINGS,
  encodingOf,
  READ_ENCODINGS,
  WRITTEN_ENCODINGS,
} from '../source/codecs/encodings/registry.js';
import { ERROR_CODES } from '../source/core/error-codes.js';
import { stateFolder } from '../source/node/state-folder.js';
import { ENCODING } from '../source/protocols/rfb/constants.js';
import { bindingsOf } from '../source/ui/keys.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const REFERENCE = path.join(ROOT, 'docs/reference.md');

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  const rule = `|${(rows[0] ?? []).map(() => '---').join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function commandsBlock(): string {
  return `\`\`\`text\n${helpText(null)}\`\`\``;
}

function encodingsTable(): string {
  const written = new Map(WRITTEN_ENCODINGS.map(each => [each.number, each]));
  const numbers = [...new Set([...READ_ENCODINGS, ...written.keys()])];
  const yes = (is: boolean) => (is ? 'yes' : 'no');
  const rows = numbers.map(number => {
    const { label, name } = encodingOf(number)!;
    const encoder = written.get(number);
    const named = CHOSEN_ENCODINGS.some(each => each.number === number);
    return [
      label,
      `${number}`,
      named ? `\`${name}\`` : '',
      // What goes in place of another encoding is read by that one's decoder.
      yes(READ_ENCODINGS.includes(number) || encoder?.instead !== undefined),
      // Moves become CopyRect, and films H.264, without an encoder of rectangles.
      yes(encoder !== undefined || number === ENCODING.copyRect || number === ENCODING.h264),
      encoder ? yes(encoder.deflates) : '',
      encoder ? { none: 'no', 'where photographic': 'photographs only' }[encoder.losses] : '',
    ];
  });
  // It is written for one viewer at a time, by the rules of Tight, and nobody can name it.
  rows.push([echo.label, `${echo.number}`, '', 'yes', 'yes', 'no', 'no']);
  return table([['encoding', 'number', '`--encoding`', 'watched', 'shared', 'uses `--level`', 'lossy'], ...rows]);
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

function playKeysTable(): string {
  return table([['key', 'playing'], ...bindingsOf('play').map(({ shown, help }) => [`\`${shown}\``, help])]);
}

/** With PEERGLASS_UPDATE_DOCS=1 the tables are written instead of compared. */
const updating = process.env.PEERGLASS_UPDATE_DOCS === '1';

describe('docs/reference.md', () => {
  test.each([
    ['commands', commandsBlock],
    ['encodings', encodingsTable],
    ['flags', flagsTable],
    ['errors', errorsTable],
    ['keys', keysTable],
    ['play keys', playKeysTable],
  ])("lists the program's %s", (name, make) => {
    const text = readFileSync(REFERENCE, 'utf8');
    const [before, after] = [`<!-- ${name} -->\n`, '<!-- end -->'];
    const start = text.indexOf(before) + before.length;
    const end = text.indexOf(after, start);
    expect(start).toBeGreaterThan(before.length);
    const wanted = `${make()}\n`;
    if (updating) writeFileSync(REFERENCE, text.slice(0, start) + wanted + text.slice(end));
    else expect(text.slice(start, end), 'PEERGLASS_UPDATE_DOCS=1 npx vitest run test/readme.test.ts').toBe(wanted);
  });
});

const AT_THE_TOP = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const FOLDERS = ['source', 'test', 'docs', 'scripts', 'examples', 'fixtures', 'bin'];

function filesBelow(folder: string, ends: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(ends))
    .map(entry => path.relative(ROOT, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
}

const pages = [...AT_THE_TOP, ...filesBelow('docs', '.md'), ...filesBelow('fixtures', '.md')];
const textOf = (page: string) => readFileSync(path.join(ROOT, page), 'utf8');
const everyFile = FOLDERS.flatMap(folder => filesBelow(folder, ''));

/** A path in the repository as it stands in a text; `*` is any name and `{a,b}` either one. */
const NAMED = new RegExp(`(?<![\\w./~-])(?:${FOLDERS.join('|')})/[\\w./*{},-]*[\\w*}/]`, 'g');

function isThere(named: string): boolean {
  if (!/[*{]/.test(named)) return existsSync(path.join(ROOT, named));
  const pattern = named
    .replace(/[.]/g, '\\.')
    .replace(/\*+/g, stars => (stars.length > 1 ? '.*' : '[^/]*'))
    .replace(/\{([^}]*)\}/g, (_, either: string) => `(?:${either.replaceAll(',', '|')})`);
  return everyFile.some(file => new RegExp(`^${pattern}(?:$|/)`).test(file));
}

/** Headings as they are linked to. */
function anchorsOf(page: string): string[] {
  const headings = textOf(page)
    .replace(/^```.*?^```/gms, '')
    .matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

/** Links to files of the repository, from a page: the file, and the heading in it or ''. */
function linksOf(page: string): { readonly target: string; readonly anchor: string }[] {
  const links = textOf(page).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g);
  return [...links].map(([, file, anchor]) => ({
    target: file === '' ? page : path.posix.join(path.posix.dirname(page), file!),
    anchor: anchor ?? '',
  }));
}

describe.each(pages)('%s', page => {
  test('names files and folders that exist', () => {
    const named = [...textOf(page).matchAll(NAMED)].map(([found]) => found);
    expect(named.filter(each => !isThere(each))).toEqual([]);
  });

  test('links to files and headings that exist', () => {
    const broken = linksOf(page).filter(
      ({ target, anchor }) =>
        !existsSync(path.join(ROOT, target)) || (anchor !== '' && !anchorsOf(target).includes(anchor)),
    );
    expect(broken).toEqual([]);
  });
});

test('every page is reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const { target } of linksOf(page)) if (target.endsWith('.md')) reached.add(target);
  }
  expect(pages.filter(page => !page.startsWith('fixtures/') && !reached.has(page))).toEqual([]);
});

test('ARCHITECTURE.md draws every folder of source/', () => {
  const picture = /^```text\n(.*?)^```/ms.exec(textOf('ARCHITECTURE.md'))?.[1] ?? '';
  const folders = readdirSync(path.join(ROOT, 'source'));
  expect(folders.filter(name => !new RegExp(`\\b${name}\\b`).test(picture))).toEqual([]);
});

test('SECURITY.md names the folders that state and logs are in', () => {
  const security = readFileSync(path.join(ROOT, 'SECURITY.md'), 'utf8');
  const launcher = readFileSync(path.join(ROOT, 'bin/peerglass.cjs'), 'utf8');
  const [, logs] = /'darwin'\) return path\.join\(os\.homedir\(\), '([^']+)'\)/.exec(launcher) ?? [];
  expect(security).toMatch(new RegExp(`peerglass\\.log\\b.*\`~/${logs}\``));
  for (const platform of ['linux', 'darwin']) expect(security).toContain(`\`${stateFolder({}, platform, '~')}\``);
});

test('the README is short', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(201);
});
