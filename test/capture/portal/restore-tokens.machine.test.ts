import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RestoreTokens } from '../../../source/capture/portal/restore-tokens.js';

let folder: string;
let file: string;
let tokens: RestoreTokens;

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'peerglass-tokens-')), 'state');
  file = path.join(folder, 'screencast-tokens.json');
  tokens = new RestoreTokens(folder);
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

test('a token is kept for the user alone, one for each kind, and replaced', () => {
  expect(tokens.find('monitor')).toBeNull();
  tokens.replace('monitor', 'a');
  tokens.replace('window', 'b');
  tokens.replace('monitor', 'c');
  const later = new RestoreTokens(folder);
  expect([later.find('monitor'), later.find('window'), later.find('monitors')]).toEqual(['c', 'b', null]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  later.replace('monitor', null);
  expect([tokens.find('monitor'), tokens.find('window')]).toEqual([null, 'b']);
});

test.each([
  '',
  '{',
  '[]',
  'null',
  '"monitor"',
  '{"monitor": 7}',
  '{"monitor": ""}',
  JSON.stringify({ monitor: 'x'.repeat(2000) }),
])('a damaged file counts as none, and is replaced: %s', text => {
  tokens.replace('monitor', 'a');
  writeFileSync(file, text);
  expect(tokens.find('monitor')).toBeNull();
  tokens.replace('monitor', 'b');
  expect(tokens.find('monitor')).toBe('b');
});

test('a file that others may write, a link and a very long one count as none', () => {
  tokens.replace('monitor', 'a');
  const good = readFileSync(file);
  chmodSync(file, 0o620);
  expect(tokens.find('monitor')).toBeNull();
  rmSync(file);
  const elsewhere = path.join(folder, 'elsewhere');
  writeFileSync(elsewhere, good);
  symlinkSync(elsewhere, file);
  expect(tokens.find('monitor')).toBeNull();
  rmSync(file);
  writeFileSync(file, JSON.stringify({ monitor: 'a', more: 'x'.repeat(100_000) }));
  expect(tokens.find('monitor')).toBeNull();
});

test("another user's file counts as none", () => {
  tokens.replace('monitor', 'a');
  expect(new RestoreTokens(folder, statSync(file).uid + 1).find('monitor')).toBeNull();
});

test('without a folder, or in one that cannot be written, nothing is kept and nothing fails', () => {
  const nowhere = new RestoreTokens(null);
  nowhere.replace('monitor', 'a');
  expect(nowhere.find('monitor')).toBeNull();
  writeFileSync(path.join(path.dirname(folder), 'file'), '');
  const impossible = new RestoreTokens(path.join(path.dirname(folder), 'file', 'state'));
  impossible.replace('monitor', 'a');
  expect(impossible.find('monitor')).toBeNull();
});
