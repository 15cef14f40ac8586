import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Of the package without its dependencies, in bytes. */
const MAX_UNPACKED = 4_500_000;

interface Packed {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let packed: Packed;
let files: ReadonlySet<string>;

beforeAll(async () => {
  if (!existsSync(path.join(ROOT, 'dist/cli.js'))) throw new Error('There is no build: node scripts/build.mjs');
  const windows = process.platform === 'win32';
  const argv = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await promisify(execFile)(windows ? 'npm.cmd' : 'npm', argv, { cwd: ROOT, shell: windows });
  [packed] = JSON.parse(stdout) as [Packed];
  files = new Set(packed.files.map(file => file.path));
});

const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
};

/** Files of the package that a page of it links to. */
function linksOf(page: string): string[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!\w+:)([^)#\s]+)/g)].map(([, file]) => file!);
  return links.map(file => path.posix.join(path.posix.dirname(page), file));
}

describe('the npm package', () => {
  test('has what it starts, exports and loads', () => {
    const entries = [manifest.bin, manifest.exports].flatMap(table =>
      Object.values(table).flatMap(each => (typeof each === 'string' ? [each] : Object.values(each))),
    );
    const loaded = [
      'dist/cli.js',
      'dist/source/session/share/share-worker.js',
      'dist/source/session/watch/child.js',
      'dist/source/node/kernel-worker.js',
      'dist/source/pixels/kernels.wasm',
      'dist/source/pixels/kernels-shared.wasm',
      'source/analysis/peerglass-classic.lua',
    ];
    const wanted = [...entries.map(each => path.posix.normalize(each)), ...loaded];
    expect(wanted.filter(file => !files.has(file))).toEqual([]);
  });

  test('has the pages and pictures that its README leads to', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) if (page.endsWith('.md')) for (const link of linksOf(page)) reached.add(link);
    expect(reached.size).toBeGreaterThan(8);
    expect([...reached].filter(file => !files.has(file))).toEqual([]);
  });

  test('has nothing that only serves development', () => {
    const useless = /\.map$|\.tsbuildinfo$|built-from$|^(test|scripts|fixtures)\/|\/bench\/(?!README\.md)/;
    expect([...files].filter(file => useless.test(file))).toEqual([]);
  });

  test('has no code whose source is gone', () => {
    const code = [...files].flatMap(file => /^dist\/(source\/.*|cli)\.js$/.exec(file)?.[1] ?? []);
    expect(code.length).toBeGreaterThan(100);
    const orphans = code.filter(name => !['.ts', '.tsx'].some(end => existsSync(path.join(ROOT, name + end))));
    expect(orphans, 'built before the sources moved? node scripts/build.mjs').toEqual([]);
  });

  test('is small', () => {
    expect(packed.unpackedSize).toBeLessThan(MAX_UNPACKED);
  });
});
