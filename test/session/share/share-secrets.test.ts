import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withSecrets } from '../../../source/session/share/share-secrets.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { SHARED_PATTERN } from '../../helpers/running-share.js';

let home = '';
let folder = '';
let warned: string[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'peerglass-secrets-'));
  folder = path.join(home, 'peerglass');
  warned = [];
});

afterEach(() => rmSync(home, { recursive: true }));

function secretsOf(change: Partial<ShareOptions>): ShareOptions {
  const options = { ...SHARED_PATTERN, access: 'code' as const, rfbPort: 0, ...change };
  return withSecrets(options, folder, text => warned.push(text));
}

function codeOf(change: { code?: string; keepCode?: boolean; access?: 'code' | 'ask' }): string | null {
  const options = { ...SHARED_PATTERN, access: 'code' as const, ...change };
  return withSecrets(options, folder, text => warned.push(text)).code;
}

describe('the code of a share', () => {
  it('is the one that was given, else a new one each time', () => {
    expect(codeOf({ code: 'lesson3' })).toBe('lesson3');
    expect(codeOf({})).not.toBe(codeOf({}));
    expect(codeOf({ access: 'ask' })).toBeNull();
  });

  it('is kept over restarts where that is wanted, for this user alone to read', () => {
    const first = codeOf({ keepCode: true });
    expect(codeOf({ keepCode: true })).toBe(first);
    expect(codeOf({}), 'a share that keeps none has a new one').not.toBe(first);
    expect(codeOf({ keepCode: true })).toBe(first);
    expect(statSync(path.join(folder, 'code.json')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(warned).toEqual([]);
  });

  it('and the VNC password are kept together, and each can be given anew', () => {
    const first = secretsOf({ keepCode: true });
    expect(first.vncPassword).toMatch(/^\w{8}$/);
    const { code, vncPassword } = first;
    expect(secretsOf({ keepCode: true })).toMatchObject({ code, vncPassword });
    expect(secretsOf({ keepCode: true, vncPassword: 'other' })).toMatchObject({ code, vncPassword: 'other' });
    expect(secretsOf({ keepCode: true })).toMatchObject({ code, vncPassword: 'other' });
    expect(secretsOf({ rfbPort: null }).vncPassword, 'classic alone has no VNC programs').toBeNull();
  });

  it('that was given replaces the kept one', () => {
    codeOf({ keepCode: true });
    expect(codeOf({ code: 'Lesson 3', keepCode: true })).toBe('Lesson 3');
    expect(codeOf({ keepCode: true })).toBe('Lesson 3');
  });

  it.each([
    ['nothing', ''],
    ['a number', '{"code": 7}'],
    ['a control character', '{"code": "\\u0007"}'],
    ['an empty code', '{"code": ""}'],
    ['too much', `"${'x'.repeat(5000)}"`],
  ])('is a new one where the file holds %s, which is told', (_, text) => {
    codeOf({ keepCode: true });
    const file = path.join(folder, 'code.json');
    writeFileSync(file, text);
    const made = codeOf({ keepCode: true });
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain(file);
    expect(warned[0]).toMatch(/(is damaged|cannot be read: .*)\. This share has a new (code|one)\.$/);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ code: made });
  });

  it('is not kept where there is no folder for it, which is told', () => {
    const options = { ...SHARED_PATTERN, access: 'code' as const, keepCode: true };
    expect(withSecrets(options, null, text => warned.push(text)).code).not.toBeNull();
    writeFileSync(folder, 'a file in its place');
    expect(codeOf({ keepCode: true })).not.toBeNull();
    expect(warned.length).toBe(3);
    expect(warned.every(text => /another one|new one/.test(text))).toBe(true);
  });
});
