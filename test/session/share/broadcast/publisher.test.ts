import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { PeerglassError } from '../../../../source/core/errors.js';
import { parsePublish, publishText } from '../../../../source/session/option-values.js';
import { Publisher, sshArguments } from '../../../../source/session/share/broadcast/publisher.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});
const started = stopAfterEach();

/** A program in ssh's place. It notes its arguments, says something, and ends when it is told to, or at once. */
function fakeSsh(script: string): string {
  const place = mkdtempSync(path.join(folder, 'bin-'));
  const log = path.join(place, 'arguments');
  writeFileSync(path.join(place, 'ssh'), `#!/bin/sh\nprintf '%s\\n' "$@" >> ${log}\necho end >> ${log}\n${script}\n`);
  chmodSync(path.join(place, 'ssh'), 0o755);
  process.env.PATH = `${place}:${PATH}`;
  return log;
}

function publisher() {
  const clock = new FakeClock();
  const failures: PeerglassError[] = [];
  const losses: PeerglassError[] = [];
  const target = { user: 'anna', host: 'server.example', port: 2222 };
  const made = new Publisher({
    ...{ clock, target, local: '127.0.0.1:40001', remotePort: 5801 },
    failed: error => failures.push(error),
    lost: error => losses.push(error),
  });
  started({ stop: () => made.close() });
  made.start();
  return { made, clock, failures, losses };
}

const calls = (log: string) => (existsSync(log) ? readFileSync(log, 'utf8').split('end\n').length - 1 : 0);

describe('ssh', () => {
  test('is started without a shell, and forwards a port of the server to the one here', async () => {
    const log = fakeSsh('exec sleep 60');
    const { made, failures } = publisher();
    await expect.poll(() => calls(log)).toBe(1);
    expect(readFileSync(log, 'utf8').split('\n').slice(0, -2)).toEqual([
      ...['-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes', '-o', 'ServerAliveInterval=15', '-N'],
      ...['-R', '127.0.0.1:5801:127.0.0.1:40001', '-p', '2222', '--', 'anna@server.example'],
    ]);
    await made.close();
    expect(failures).toEqual([]);
    expect(sshArguments({ user: null, host: 'hall', port: null }, 1, '[::1]:2').slice(-4)).toEqual([
      ...['-R', '127.0.0.1:1:[::1]:2', '--', 'hall'],
    ]);
  });

  test('that cannot connect ends the broadcast, with its last line', async () => {
    fakeSsh(
      'echo "Warning: something" >&2; printf "anna@server.example: Permission denied \\033[31m(publickey).\\n" >&2; exit 255',
    );
    const { failures, losses } = publisher();
    await expect.poll(() => failures.length).toBe(1);
    expect(failures[0]).toMatchObject({
      code: 'E_PUBLISH_CONNECT',
      message: 'ssh to server.example has ended: anna@server.example: Permission denied [31m(publickey).',
    });
    expect(losses).toEqual([]);
  });

  test('that is not there is said to be missing', async () => {
    process.env.PATH = mkdtempSync(path.join(folder, 'empty-'));
    const { failures } = publisher();
    await expect.poll(() => failures[0]?.message).toBe('ssh to server.example has ended: ssh is not installed.');
  });

  test('that held for a while is started again, later each time', async () => {
    const stop = path.join(folder, 'stop');
    const log = fakeSsh(`while [ ! -e ${stop} ]; do sleep 0.02; done; echo "Connection reset" >&2; exit 255`);
    const { clock, failures, losses } = publisher();
    await expect.poll(() => calls(log)).toBe(1);
    clock.advance(15_000);
    writeFileSync(stop, '');
    await expect.poll(() => losses.length).toBe(1);
    expect(losses[0]?.message).toContain('Connection reset');
    rmSync(stop);
    clock.advance(1999);
    expect(calls(log)).toBe(1);
    clock.advance(1);
    await expect.poll(() => calls(log)).toBe(2);
    writeFileSync(stop, '');
    await expect.poll(() => losses.length).toBe(2);
    clock.advance(3999);
    expect(calls(log)).toBe(2);
    clock.advance(1);
    await expect.poll(() => calls(log)).toBe(3);
    expect(failures).toEqual([]);
  });
});

describe('a server to publish on', () => {
  test.each([
    ['ssh://anna@server.example', { user: 'anna', host: 'server.example', port: null }],
    ['ssh://server:2222/', { user: null, host: 'server', port: 2222 }],
    ['ssh://anna@[2001:db8::1]:22', { user: 'anna', host: '2001:db8::1', port: 22 }],
  ])('%s', (text, value) => {
    expect(parsePublish(text)).toEqual({ ok: true, value });
    expect(parsePublish(publishText(value))).toEqual({ ok: true, value });
  });

  test.each([
    ['server.example'],
    ['http://server.example'],
    ['ssh://'],
    ['ssh://-oProxyCommand=x'],
    ['ssh://-l@server'],
    ['ssh://anna@-server'],
    ['ssh://anna@ser ver'],
    ['ssh://anna@server;id'],
    ['ssh://anna$(id)@server'],
    ['ssh://anna@server/path'],
    ['ssh://anna@server:0'],
    ['ssh://anna@server:65536'],
    ['ssh://@server'],
  ])('%s is refused', text => {
    expect(parsePublish(text)).toMatchObject({ ok: false, problem: expect.stringContaining('ssh://user@server') });
  });
});
