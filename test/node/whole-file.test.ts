import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { mayFollow, writeWhole, writeWholeSync } from '../../source/node/whole-file.js';

let folder = '';
const at = (name: string) => path.join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-whole-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each([
  ['writeWhole', writeWhole],
  ['writeWholeSync', async (file: string, content: string | Uint8Array) => writeWholeSync(file, content)],
] as const)('%s', (_, write) => {
  test('creates a file for its owner alone, and replaces one', async () => {
    await write(at('new'), 'first');
    writeFileSync(at('old'), 'something longer than that', { mode: 0o644 });
    await write(at('old'), Buffer.from('second'));
    expect([readFileSync(at('new'), 'utf8'), readFileSync(at('old'), 'utf8')]).toEqual(['first', 'second']);
    if (process.platform !== 'win32') {
      expect([at('new'), at('old')].map(file => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    }
    expect(readdirSync(folder)).toEqual(['new', 'old']);
  });

  test('follows links, also to files that do not exist yet', async () => {
    mkdirSync(at('below'));
    writeFileSync(at('below/target'), 'x');
    symlinkSync('below/target', at('link'));
    symlinkSync('link', at('link-to-link'));
    symlinkSync('below/coming', at('dangling'));
    await write(at('link-to-link'), 'through');
    await write(at('dangling'), 'made');
    expect(lstatSync(at('link')).isSymbolicLink() && lstatSync(at('dangling')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('below/target'), 'utf8')).toBe('through');
    expect(readFileSync(at('below/coming'), 'utf8')).toBe('made');
    expect(readdirSync(at('below'))).toEqual(['coming', 'target']);
  });

  test.runIf(process.platform !== 'win32')(
    'writes into a FIFO, as far as its reader takes it, and leaves it one',
    async () => {
      execFileSync('mkfifo', [at('fifo')]);
      const reader = spawn('sh', ['-c', `exec 3<"$1"; sleep 0.2; wc -c <&3`, 'sh', at('fifo')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void reader.kill('SIGKILL'));
      const said = once(reader.stdout, 'data');
      const content = Buffer.alloc(300_000, 'x');
      // The reader may not have opened it yet.
      await expect.poll(async () => await write(at('fifo'), content).then(() => 'written', String)).toBe('written');
      expect(String((await said)[0]).trim()).toBe('300000');
      expect(lstatSync(at('fifo')).isFIFO()).toBe(true);
    },
  );

  test.runIf(process.platform === 'linux')(
    'says why, at once, and leaves nothing behind and what was there whole',
    async () => {
      execFileSync('mkfifo', [at('fifo')]);
      mkdirSync(at('folder'));
      await expect(write(at('fifo'), 'x')).rejects.toMatchObject({ code: 'ENXIO' });
      await expect(write(at('folder'), 'x')).rejects.toMatchObject({ code: 'EISDIR' });
      await expect(write(at('no/such'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(write('/dev/full', 'x')).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(lstatSync(at('fifo')).isFIFO()).toBe(true);
      expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
      expect(readdirSync(folder)).toEqual(['fifo', 'folder']);
    },
  );
});

test('a file in a read-only folder is written in place', async () => {
  writeFileSync(at('mine'), 'before, and longer');
  chmodSync(at('mine'), 0o666);
  // The project may lie where nobody else may look.
  copyFileSync(path.resolve(import.meta.dirname, '../../dist/source/node/whole-file.js'), at('whole-file.mjs'));
  const module = pathToFileURL(at('whole-file.mjs')).href;
  chmodSync(folder, 0o555);
  // Nothing is forbidden to root.
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const program = `
    const { writeWhole, writeWholeSync } = await import(process.argv[1]);
    writeWholeSync(process.argv[2], 'synchronous');
    process.stdout.write(fs.readFileSync(process.argv[2], 'utf8'));
    await writeWhole(process.argv[2], ' and not');`;
  const argv = ['--input-type=module', '-e', `import fs from 'node:fs';${program}`, module, at('mine')];
  const said = execFileSync(process.execPath, argv, { encoding: 'utf8', cwd: '/', ...asNobody });
  expect(said + readFileSync(at('mine'), 'utf8')).toBe('synchronous and not');
});

describe('a link', () => {
  const [me, other, root] = [1000, 1001, 0];
  const tmp = { uid: root, mode: 0o41777 };

  test('of another user is not followed in a folder writable by everybody', () => {
    expect(mayFollow({ uid: other }, tmp, me)).toBe(false);
    expect(mayFollow({ uid: me }, tmp, root)).toBe(false);
    expect(mayFollow({ uid: me }, tmp, me)).toBe(true);
    expect(mayFollow({ uid: root }, tmp, me)).toBe(true);
  });

  test('is followed in any other folder, and where there are no such users', () => {
    expect(mayFollow({ uid: other }, { uid: other, mode: 0o40755 }, me)).toBe(true);
    expect(mayFollow({ uid: other }, tmp, undefined)).toBe(true);
  });
});
