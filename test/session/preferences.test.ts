import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configurationFolder } from '../../source/node/state-folder.js';
import { NO_PREFERENCES } from '../../source/session/app-services.js';
import { findLocalAddresses, sortAddresses } from '../../source/session/local-addresses.js';
import { createPreferenceStore } from '../../source/session/preferences.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-preferences-'));
});

afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

describe('preferences', () => {
  const some = {
    ...{ peers: ['a:1', 'b'], recordings: ['/a/talk.pglog'] },
    ...{ share: { level: '3' }, watch: { view: 'terminal' }, play: { speed: '2' } },
  };

  test('are stored for this user alone, and read again', async () => {
    const store = createPreferenceStore(path.join(folder, 'new'));
    expect(await store.load()).toEqual(NO_PREFERENCES);
    await store.save(some);
    expect(await createPreferenceStore(path.join(folder, 'new')).load()).toEqual(some);
    if (process.platform !== 'win32') {
      expect(statSync(path.join(folder, 'new/preferences.json')).mode & 0o777).toBe(0o600);
    }
  });

  test('several at once: the last one stays, nothing is left over', async () => {
    const store = createPreferenceStore(folder);
    await Promise.all(['1', '2', '3'].map(level => store.save({ ...some, share: { level } })));
    expect((await store.load()).share).toEqual({ level: '3' });
  });

  test.each(['{', 'null', '[]x', '"text"', '\u0000'])('%j is damaged: set aside, and reported once', async text => {
    writeFileSync(path.join(folder, 'preferences.json'), text);
    const store = createPreferenceStore(folder);
    await expect(store.load()).rejects.toMatchObject({ code: 'E_CONFIG' });
    expect(readFileSync(path.join(folder, 'preferences.json.damaged'), 'utf8')).toBe(text);
    expect(await store.load()).toEqual(NO_PREFERENCES);
  });

  test('unknown entries are dropped', async () => {
    const strange = {
      peers: ['ok', 3, 'x'.repeat(1000)],
      recordings: 7,
      share: { level: 3, fps: '5' },
      watch: [],
      more: 1,
    };
    writeFileSync(path.join(folder, 'preferences.json'), JSON.stringify(strange));
    expect(await createPreferenceStore(folder).load()).toEqual({
      ...NO_PREFERENCES,
      peers: ['ok'],
      share: { fps: '5' },
    });
  });

  test('a folder that cannot be made is E_CONFIG', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    const store = createPreferenceStore(path.join(folder, 'file/below'));
    await expect(store.save(some)).rejects.toMatchObject({ code: 'E_CONFIG' });
    expect(existsSync(path.join(folder, 'file/below'))).toBe(false);
  });

  test('the folder is the one of the system', () => {
    expect(configurationFolder({ XDG_CONFIG_HOME: '/x' }, 'linux')).toBe(path.join('/x', 'peerglass'));
    expect(configurationFolder({}, 'linux')).toBe(path.join(os.homedir(), '.config/peerglass'));
    expect(configurationFolder({}, 'darwin')).toBe(path.join(os.homedir(), 'Library/Application Support/peerglass'));
    expect(configurationFolder({ APPDATA: '/a' }, 'win32')).toBe(path.join('/a', 'peerglass'));
    expect(configurationFolder({}, 'linux', null)).toBeNull();
  });
});

test('a user without a home has defaults, and gets a report when they cannot be stored', async () => {
  const store = createPreferenceStore(null);
  expect(await store.load()).toEqual(NO_PREFERENCES);
  await expect(store.save(NO_PREFERENCES)).rejects.toMatchObject({
    code: 'E_CONFIG',
    remedy: expect.stringContaining('HOME'),
  });
});

describe('local addresses', () => {
  test('the default route first, IPv4 before IPv6, link-local last', () => {
    const address = (text: string, family: 4 | 6, defaultRoute = false) => ({
      address: text,
      family,
      interfaceName: 'x',
      defaultRoute,
    });
    const sorted = sortAddresses([
      address('fe80::1%x', 6),
      address('169.254.1.1', 4),
      address('2001:db8::1', 6, true),
      address('10.0.0.5', 4),
      address('192.168.1.82', 4, true),
    ]);
    expect(sorted.map(each => each.address)).toEqual([
      '192.168.1.82',
      '10.0.0.5',
      '2001:db8::1',
      '169.254.1.1',
      'fe80::1%x',
    ]);
  });

  test('are those of this machine, without the loopback', async () => {
    const found = await findLocalAddresses();
    const known = Object.values(os.networkInterfaces()).flatMap(entries => entries?.map(entry => entry.address) ?? []);
    for (const { address } of found) expect(known).toContain(address.split('%')[0]);
    expect(found.map(each => each.address)).not.toContain('127.0.0.1');
  });
});
