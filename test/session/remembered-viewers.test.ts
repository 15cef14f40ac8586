import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forget } from '../../source/session/forget.js';
import { KnownPeers } from '../../source/session/known-peers.js';
import { RememberedViewers } from '../../source/session/remembered-viewers.js';

const [ADA, BOB] = [`0a1b2c3d4e5f6789${'ab'.repeat(24)}`, `0a1b2c3d4e5f6780${'cd'.repeat(24)}`];
const SINCE = Date.UTC(2026, 10, 27);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-viewers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function remembering(): RememberedViewers {
  const viewers = new RememberedViewers(path.join(folder, 'state'));
  viewers.remember(ADA, { name: 'Ada', since: SINCE });
  viewers.remember(BOB, { name: 'Bob\u001b[31m', since: SINCE });
  return viewers;
}

describe('remembered viewers', () => {
  it('are kept for this user alone, by their key', () => {
    const viewers = remembering();
    expect([viewers.has(ADA), viewers.has(BOB), viewers.has('0'.repeat(64)), viewers.has('constructor')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(new RememberedViewers(path.join(folder, 'state')).all[BOB]).toEqual({ name: 'Bob[31m', since: SINCE });
    if (process.platform !== 'win32') {
      expect(statSync(path.join(folder, 'state', 'remembered-viewers.json')).mode & 0o777).toBe(0o600);
    }
  });

  it.each([
    [ADA, [ADA]],
    [ADA.slice(0, 16).toUpperCase(), [ADA]],
    ['Ada', [ADA]],
    ['0a1b 2c3d', [ADA, BOB]],
    ['0a1b2c', []],
    ['', []],
    ['Eve', []],
  ])('are forgotten by %j', (text, gone) => {
    const viewers = remembering();
    expect(viewers.forget(text)).toEqual(gone);
    expect(Object.keys(viewers.all)).toEqual([ADA, BOB].filter(each => !gone.includes(each)));
  });

  it('cannot be kept without a folder, or from a damaged file', () => {
    expect(() => new RememberedViewers(null).remember(ADA, { name: 'Ada', since: 0 })).toThrow(/has no folder/);
    const viewers = remembering();
    const file = path.join(folder, 'state', 'remembered-viewers.json');
    for (const damage of [readFileSync(file, 'utf8').slice(0, -9), '{"viewers":{"x":1}}', '[]']) {
      writeFileSync(file, damage);
      expect(() => viewers.has(ADA)).toThrow(expect.objectContaining({ code: 'E_KNOWN_PEERS' }));
    }
  });

  it('are listed with the sharers that are known, and forgotten alone', () => {
    const state = path.join(folder, 'state');
    remembering();
    const peers = new KnownPeers(state);
    peers.remember('share:5900', { channel: 'cpace', fingerprint: 'ef'.repeat(32) });
    expect(forget({ peer: null, viewer: null }, state).known).toEqual({
      sharers: [
        { id: 'share:5900', text: expect.stringMatching(/^the encryption of peerglass \(CPace\): SHA-256 EF:EF:/) },
      ],
      viewers: [
        { id: ADA.slice(0, 16), text: 'Ada, since 2026-11-27' },
        { id: BOB.slice(0, 16), text: 'Bob[31m, since 2026-11-27' },
      ],
    });
    expect(forget({ peer: null, viewer: 'Ada' }, state)).toEqual({
      gone: [ADA.slice(0, 16)],
      what: 'Ada',
      known: null,
    });
    expect(forget({ peer: { host: 'share', port: null }, viewer: null }, state).gone).toEqual(['share:5900']);
    expect(Object.keys(new RememberedViewers(state).all)).toEqual([BOB]);
  });
});
