import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { X11Connection } from '../../../source/capture/x11/connection.js';
import { startXvfb, type XServer } from '../../helpers/xvfb.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
const key = path.join(folder, 'key');
const servers: XServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true });
});

async function server(...args: string[]): Promise<string> {
  const started = await startXvfb({ width: 64, height: 48, args });
  servers.push(started);
  return started.display;
}

test('a server with nothing but an abstract socket is reached and captured', async () => {
  const display = await server();
  rmSync(`/tmp/.X11-unix/X${display.slice(1)}`);
  const connection = await X11Connection.open(display, { XAUTHORITY: '/nonexistent' });
  const image = await connection.ask<{ data: Buffer }>(reply => {
    connection.client.GetImage(2, connection.root, 0, 0, 64, 48, 0xffffffff, reply);
  });
  expect(image.data).toHaveLength(64 * 48 * 4);
  await connection.close();
});

test('a server that refuses the user is reported each time, with the remedy', async () => {
  execFileSync('xauth', ['-q', '-f', key, 'add', `${hostname()}/unix:999`, '.', '0123456789abcdef0123456789abcdef']);
  const display = await server('-auth', key);
  for (let attempt = 0; attempt < 20; attempt++) {
    await expect(X11Connection.open(display, { XAUTHORITY: '/nonexistent' })).rejects.toMatchObject({
      code: 'E_DISPLAY_CONNECT',
      message: `The X display ${display} refuses this user.`,
      remedy: expect.stringContaining('XAUTHORITY'),
    });
  }
});

test.each([
  ['write EPIPE', 'it closed the connection'],
  ['read ECONNRESET', 'it closed the connection'],
  ['fd write failed (uv -32)', 'it closed the connection'],
  ['an answer that is none', 'an answer that is none'],
])('a server that is gone is reported in plain words: %s', async (said, told) => {
  const display = await server();
  const connection = await X11Connection.open(display, { XAUTHORITY: '/nonexistent' });
  const died = new Promise<Error>(resolve => connection.onDeath(resolve));
  connection.client.emit('error', new Error(said));
  expect((await died).message).toBe(`The X server of display ${display} is gone: ${told}.`);
  await connection.close();
});

test('a screen that the display does not have is not another one', async () => {
  const display = await server();
  await expect(X11Connection.open(`${display}.7`, { XAUTHORITY: '/nonexistent' })).rejects.toMatchObject({
    code: 'E_DISPLAY_CONNECT',
    message: `The X display ${display}.7 has no screen 7.`,
    remedy: 'It only has screen 0.',
  });
});
