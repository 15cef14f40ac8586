import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRecordings } from '../../../source/session/recording/find-recordings.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-found-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, seconds: number, bytes = 3): string {
  const place = path.join(folder, name);
  writeFileSync(place, 'x'.repeat(bytes));
  utimesSync(place, seconds, seconds);
  return place;
}

test('finds the recordings of a folder and those played elsewhere, the newest first, each once', async () => {
  mkdirSync(path.join(folder, 'elsewhere'));
  mkdirSync(path.join(folder, 'folder.pglog'));
  const old = file('old.pglog', 1000);
  const elsewhere = file('elsewhere/talk', 2000, 7);
  const recent = file('recent.pglog', 3000);
  file('notes.txt', 4000);
  file('un\ntypable.pglog', 5000);
  const found = await findRecordings(folder, [elsewhere, 'old.pglog', path.join(folder, 'gone.pglog')]);
  expect(found).toEqual([
    { file: recent, bytes: 3, modifiedAt: 3_000_000 },
    { file: elsewhere, bytes: 7, modifiedAt: 2_000_000 },
    { file: old, bytes: 3, modifiedAt: 1_000_000 },
  ]);
});

test('a folder that cannot be read has none', async () => {
  expect(await findRecordings(path.join(folder, 'missing'), [])).toEqual([]);
});
