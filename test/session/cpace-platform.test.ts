import { createPrivateKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeCPace } from '../../source/session/cpace-platform.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the key that this computer is known by', () => {
  it('is made once, readable by its owner alone', () => {
    const place = path.join(folder, 'state');
    const warnings: string[] = [];
    const made = new NodeCPace(place, text => warnings.push(text)).identity;
    expect(made.publicKey.length).toBe(32);
    expect(hex(new NodeCPace(place).identity.publicKey)).toBe(hex(made.publicKey));
    expect(hex(new NodeCPace(path.join(folder, 'other')).identity.publicKey)).not.toBe(hex(made.publicKey));
    if (process.platform !== 'win32') {
      expect(statSync(place).mode & 0o777).toBe(0o700);
      expect(statSync(path.join(place, 'identity-key.pem')).mode & 0o777).toBe(0o600);
    }
    expect(warnings).toEqual([]);
  });

  it('signs as Ed25519', () => {
    const { identity } = new NodeCPace(folder);
    const key = createPrivateKey(readFileSync(path.join(folder, 'identity-key.pem')));
    const text = Buffer.from('a transcript');
    expect(verify(null, text, key, identity.sign(text))).toBe(true);
  });

  it.each([
    ['damaged', 'no key at all'],
    [
      'of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
  ])('that is %s is an error: it is never replaced silently', (_, content) => {
    const file = path.join(folder, 'identity-key.pem');
    writeFileSync(file, content);
    expect(() => new NodeCPace(folder).identity).toThrow(
      expect.objectContaining({ code: 'E_IDENTITY', remedy: expect.stringContaining('Move it away') }),
    );
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  it('that cannot be kept is used all the same, and that is told', () => {
    const warnings: string[] = [];
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    expect(() => new NodeCPace(file).identity).toThrow(expect.objectContaining({ code: 'E_IDENTITY' }));
    const nowhere = new NodeCPace('/sys/nowhere', text => warnings.push(text));
    expect(hex(nowhere.identity.publicKey)).toBe(hex(nowhere.identity.publicKey));
    expect(warnings.join()).toMatch(/cannot be kept/);
  });

  it('is that of the program that was faster', () => {
    mkdirSync(path.join(folder, 'state'));
    const keys = Array.from({ length: 5 }, () => new NodeCPace(path.join(folder, 'state')));
    expect(new Set(keys.map(({ identity }) => hex(identity.publicKey))).size).toBe(1);
  });
});
