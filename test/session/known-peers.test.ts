import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stateFolder } from '../../source/node/state-folder.js';
import { KnownPeers } from '../../source/session/known-peers.js';

const CERTIFIED = { channel: 'certified', fingerprint: 'ab'.repeat(32) } as const;
const ANONYMOUS = { channel: 'anonymous', fingerprint: null } as const;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-peers-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

describe('known peers', () => {
  test('are remembered, for this user alone', () => {
    const place = path.join(folder, 'new');
    const peers = new KnownPeers(place);
    expect(peers.find('a:5900')).toBeNull();
    peers.remember('A:5900', CERTIFIED);
    peers.remember('a:5901', ANONYMOUS);
    expect(new KnownPeers(place).find('a:5900')).toEqual(CERTIFIED);
    expect(new KnownPeers(place).find('A:5901')).toEqual(ANONYMOUS);
    if (process.platform !== 'win32') {
      expect(statSync(place).mode & 0o777).toBe(0o700);
      expect(statSync(path.join(place, 'known-peers.json')).mode & 0o777).toBe(0o600);
    }
  });

  test('are forgotten by host and port, or with all ports of a host', () => {
    const peers = new KnownPeers(folder);
    for (const peer of ['a:5900', 'a:5901', 'aa:5900', '[::1]:5900', '[::1]:5901']) peers.remember(peer, ANONYMOUS);
    expect(new KnownPeers(folder).forget({ host: 'A', port: 5901 })).toEqual(['a:5901']);
    expect(new KnownPeers(folder).forget({ host: '::1', port: null })).toEqual(['[::1]:5900', '[::1]:5901']);
    expect(new KnownPeers(folder).forget({ host: 'b', port: null })).toEqual([]);
    expect(Object.keys(JSON.parse(readFileSync(path.join(folder, 'known-peers.json'), 'utf8')).peers)).toEqual([
      'a:5900',
      'aa:5900',
    ]);
  });

  test('two programs at once lose none of what either remembers', () => {
    const [one, other] = [new KnownPeers(folder), new KnownPeers(folder)];
    one.remember('a:1', CERTIFIED);
    other.remember('b:1', CERTIFIED);
    one.remember('c:1', CERTIFIED);
    expect(other.find('a:1')).toEqual(CERTIFIED);
    expect(other.find('c:1')).toEqual(CERTIFIED);
  });

  test.each([
    ['no JSON', '{"peers": {'],
    ['another kind of file', '[]'],
    ['a fingerprint that is none', '{"peers": {"a:1": {"channel": "certified", "fingerprint": "ab"}}}'],
    ['a channel that there is not', '{"peers": {"a:1": {"channel": "clear", "fingerprint": null}}}'],
    ['a flood', `{"peers": {${' '.repeat(2 * 1024 * 1024)}}}`],
  ])('nobody is trusted by a file with %s', (_what, text) => {
    writeFileSync(path.join(folder, 'known-peers.json'), text);
    expect(() => new KnownPeers(folder).find('b:1')).toThrow(expect.objectContaining({ code: 'E_KNOWN_PEERS' }));
  });

  test('what cannot be stored is reported, and known until the program ends', () => {
    writeFileSync(path.join(folder, 'file'), '');
    const peers = new KnownPeers(path.join(folder, 'file', 'below'));
    expect(() => peers.remember('a:1', CERTIFIED)).toThrow(expect.objectContaining({ code: 'E_KNOWN_PEERS' }));
    const nowhere = new KnownPeers(null);
    nowhere.remember('a:1', CERTIFIED);
    expect(nowhere.find('a:1')).toEqual(CERTIFIED);
  });
});

describe('the state folder', () => {
  test('is where the system keeps such data', () => {
    expect(stateFolder({ XDG_STATE_HOME: '/x' }, 'linux')).toBe(path.join('/x', 'peerglass'));
    expect(stateFolder({}, 'linux', '/home/a')).toBe(path.join('/home/a', '.local/state/peerglass'));
    expect(stateFolder({}, 'darwin', '/Users/a')).toBe(path.join('/Users/a', 'Library/Application Support/peerglass'));
    expect(stateFolder({ LOCALAPPDATA: 'C:/local' }, 'win32', 'C:/a')).toBe(path.join('C:/local', 'peerglass'));
    expect(stateFolder({}, 'linux', null)).toBeNull();
  });
});
