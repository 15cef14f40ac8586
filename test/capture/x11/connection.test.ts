import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { X11Connection } from '../../../source/capture/x11/connection.js';
import { findCookie } from '../../../source/capture/x11/xauthority.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
const authority = path.join(folder, 'Xauthority');
const servers: Server[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A TCP server where an X display would be. Displays are ports from 6000 on, so any port above has a display. */
async function display(answer: (data: Buffer) => Buffer | 'close' | null): Promise<{ name: string; asked: Buffer[] }> {
  const asked: Buffer[] = [];
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.on('data', data => {
      asked.push(data);
      const reply = answer(data);
      if (reply === 'close') socket.end();
      else if (reply) socket.write(reply);
    });
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { name: `127.0.0.1:${(server.address() as AddressInfo).port - 6000}`, asked };
}

function refusal(reason: string): Buffer {
  const padded = Math.ceil(reason.length / 4) * 4;
  const reply = Buffer.alloc(8 + padded);
  reply.writeUInt8(0, 0);
  reply.writeUInt8(reason.length, 1);
  reply.writeUInt16LE(11, 2);
  reply.writeUInt16LE(padded / 4, 6);
  reply.write(reason, 8);
  return reply;
}

interface Entry {
  family: number;
  address: string | Buffer;
  display: string;
  name?: string;
  data: string;
}

function authorityBytes(entries: readonly Entry[]): Buffer {
  const text = (value: string | Buffer) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return Buffer.concat(
    entries.flatMap(({ family, address, display, name = 'MIT-MAGIC-COOKIE-1', data }) => [
      Buffer.of(family >> 8, family & 0xff),
      ...[address, display, name, data].map(text),
    ]),
  );
}

const open = (name: string | null, environment: NodeJS.ProcessEnv = {}) =>
  X11Connection.open(name, { XAUTHORITY: authority, ...environment });

test('a missing display is reported with the remedy', async () => {
  await expect(open(null)).rejects.toMatchObject({
    code: 'E_NO_DISPLAY',
    remedy: expect.stringContaining('--source pattern'),
  });
});

test.each(['nonsense', ':', ':x', 'a:b:c', ':999999', ':59536'])('"%s" does not name a display', async name => {
  await expect(open(name)).rejects.toMatchObject({ code: 'E_DISPLAY_CONNECT', remedy: expect.stringMatching(/./) });
});

test('a display where nothing listens is reported', async () => {
  await expect(open(':59535')).rejects.toMatchObject({
    code: 'E_DISPLAY_CONNECT',
    message: expect.stringContaining('no X server listens there'),
  });
});

test('a display that accepts and never answers is given up after seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const silent = await display(() => {
    vi.advanceTimersByTime(4_000);
    return null;
  });
  await expect(open(silent.name)).rejects.toMatchObject({
    code: 'E_DISPLAY_CONNECT',
    message: expect.stringContaining('does not answer'),
  });
});

test('a display that hangs up is reported', async () => {
  const rude = await display(() => 'close');
  await expect(open(rude.name)).rejects.toMatchObject({ code: 'E_DISPLAY_CONNECT' });
});

test('a display that refuses the user is reported, with the file where the permission would be', async () => {
  const strict = await display(() => refusal('Authorization required, but no authorization protocol specified\n'));
  await expect(open(strict.name)).rejects.toMatchObject({
    code: 'E_DISPLAY_CONNECT',
    message: expect.stringContaining('refuses this user'),
    remedy: expect.stringContaining(`${authority} has no entry`),
  });
});

test('an authority file that is a folder or nonsense is no reason to fail by itself', async () => {
  const strict = await display(() => refusal('No protocol specified'));
  for (const file of [folder, path.join(folder, 'missing')]) {
    await expect(open(strict.name, { XAUTHORITY: file })).rejects.toMatchObject({ code: 'E_DISPLAY_CONNECT' });
  }
  writeFileSync(authority, Buffer.from('not an authority file at all'));
  expect(await findCookie(authority, null, '0')).toBeNull();
});

test('the cookie of the display is sent', async () => {
  const strict = await display(() => refusal('no'));
  const number = strict.name.split(':')[1]!;
  writeFileSync(
    authority,
    authorityBytes([{ family: 256, address: hostname(), display: number, data: 'secret-secret-16' }]),
  );
  await expect(open(strict.name)).rejects.toMatchObject({ remedy: expect.stringContaining('was not accepted') });
  expect(Buffer.concat(strict.asked).includes('secret-secret-16')).toBe(true);
});

test('cookies are found by family, address and display', async () => {
  const local = { family: 256, address: hostname() };
  const entries = [
    { ...local, display: '1', name: 'XDM-AUTHORIZATION-1', data: 'other protocol' },
    { ...local, display: '1', data: 'one' },
    { ...local, display: '2', data: 'two' },
    { family: 0, address: Buffer.of(10, 0, 0, 7), display: '0', data: 'internet' },
    { family: 6, address: Buffer.from('20010db8000000000000000000000001', 'hex'), display: '0', data: 'internet6' },
    { family: 65_535, address: '', display: '', data: 'any' },
  ];
  writeFileSync(authority, authorityBytes(entries));
  const found = async (remote: string | null, number: string) => (await findCookie(authority, remote, number))?.data;
  expect(await found(null, '1')).toBe('one');
  expect(await found('127.0.0.1', '2')).toBe('two');
  expect(await found('::ffff:127.0.0.1', '2')).toBe('two');
  expect(await found('10.0.0.7', '0')).toBe('internet');
  expect(await found('::ffff:10.0.0.7', '0')).toBe('internet');
  expect(await found('2001:db8::1', '0')).toBe('internet6');
  expect(await found('10.0.0.8', '5')).toBe('any');
  const whole = authorityBytes(entries.slice(0, 3));
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(authority, whole.subarray(0, length));
    expect([undefined, 'one']).toContain(await found(null, '1'));
  }
});
