import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownFolder } from '../../source/bench/own-folder.js';
import { stopAfterEach } from '../helpers/cleanup.js';

const started = stopAfterEach();

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(path.join(os.tmpdir(), 'peerglass-parent-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

/** The parts of the folder's name, with another process in it. */
const named = (folder: string, pid: number, started?: string) => {
  const words = path.basename(folder).split('-');
  words[3] = String(pid);
  words[4] = started ?? words[4]!;
  return path.join(parent, words.join('-'));
};

test.runIf(process.platform === 'linux')(
  'a folder of a killed process is removed by the next one, and no other',
  async () => {
    const own = ownFolder(parent, 'bench');
    const [gone, living] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
    for (const child of [gone, living]) started({ stop: async () => child.kill('SIGKILL') });
    const startOf = (pid: number) =>
      execFileSync('cut', ['-d', ' ', '-f', '22', `/proc/${pid}/stat`], { encoding: 'utf8' }).trim();
    const abandoned = named(own, gone.pid!, startOf(gone.pid!));
    const used = named(own, living.pid!, startOf(living.pid!));
    // Its number belongs to a younger process now.
    const reused = named(own, living.pid!, '1');
    const elsewhere = abandoned.replace(/bench-\d+/, 'bench-1');
    for (const folder of [abandoned, used, reused, elsewhere]) mkdirSync(folder);
    writeFileSync(path.join(abandoned, 'Xvfb_screen0'), 'a picture');
    writeFileSync(path.join(parent, 'peerglass-bench-x'), 'something else');
    const ended = once(gone, 'exit');
    gone.kill('SIGKILL');
    await ended;
    const second = ownFolder(parent, 'sway');
    expect(readdirSync(parent).sort()).toEqual(
      [own, used, elsewhere, second, 'peerglass-bench-x'].map(each => path.basename(each)).sort(),
    );
  },
);

test('two of one process stay side by side', () => {
  for (const folder of [ownFolder(parent, 'cable'), ownFolder(parent, 'cable')]) expect(existsSync(folder)).toBe(true);
  expect(readdirSync(parent)).toHaveLength(2);
});
