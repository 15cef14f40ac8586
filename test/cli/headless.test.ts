import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { logged } from '../../source/cli/event-log.js';
import { type HeadlessCommand, HeadlessRun } from '../../source/cli/headless.js';
import type { Snapshot } from '../../source/session/snapshot.js';
import { FakeServices, shareSnapshot, watchSnapshot } from '../helpers/fake-sessions.js';

let folder = '';

afterEach(() => {
  if (folder) rmSync(folder, { recursive: true });
  folder = '';
});

function begin(line: string) {
  const command = parseArguments(line.split(' ')) as HeadlessCommand;
  const services = new FakeServices();
  const told: string[] = [];
  const printed: Snapshot[] = [];
  const drawn: string[] = [];
  let interrupt: (exitCode: number) => void = () => {};
  const run = new HeadlessRun(
    {
      services: {
        ...services,
        localAddresses: () => services.localAddresses(),
        ...logged(services, command.run.logFile),
      },
      tell: text => told.push(text),
      print: text => printed.push(JSON.parse(text)),
      onInterrupt: listener => {
        interrupt = listener;
      },
      pictures: {
        open: resized => {
          drawn.push('open');
          resized({ columns: 80, rows: 24 });
        },
        say: line => drawn.push(line),
        draw: picture => drawn.push(`${picture.columns}x${picture.rows}`),
        close: () => drawn.push('close'),
      },
    },
    command,
  );
  const done = run.go(command);
  return { services, told, printed, drawn, done, interrupt: (exitCode: number) => interrupt(exitCode) };
}

describe('a headless run', () => {
  test('prints one snapshot a second, and the last one', async () => {
    const { services, printed, done, interrupt } = begin('share --headless --json --access open --classic');
    for (let t = 0; t <= 2100; t += 100) services.shares[0]!.emit({ type: 'snapshot', snapshot: shareSnapshot({ t }) });
    expect(printed.map(snapshot => snapshot.t)).toEqual([0, 900, 1800]);
    interrupt(130);
    expect(await done).toBe(130);
    expect(printed.at(-1)?.t).toBe(2100);
    expect(services.shares[0]!.stopped).toBe(true);
  });

  test('a share whose monitor is gone ends after a minute without it; a hidden window is waited for', async () => {
    vi.useFakeTimers();
    try {
      const { services, told, printed, done } = begin('share --headless --json --access open');
      const share = services.shares[0]!;
      const shows = (t: number, code: 'E_SOURCE_GONE' | 'E_SOURCE_HIDDEN' | null) => {
        const missing = code && { code, message: 'Monitor HDMI-1 is off or unplugged.', remedy: 'Wait.' };
        share.emit({
          type: 'snapshot',
          snapshot: shareSnapshot({ t, state: missing ? 'suspended' : 'sharing', missing }),
        });
      };
      shows(0, 'E_SOURCE_GONE');
      await vi.advanceTimersByTimeAsync(59_000);
      shows(59_000, null);
      shows(60_000, 'E_SOURCE_HIDDEN');
      await vi.advanceTimersByTimeAsync(120_000);
      expect(share.stopped).toBe(false);
      shows(180_000, 'E_SOURCE_GONE');
      expect(printed.at(-1)).toMatchObject({ state: 'suspended', missing: { code: 'E_SOURCE_GONE' } });
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await done).toBe(1);
      expect(told.at(-1)).toBe(
        'E_SOURCE_GONE: Monitor HDMI-1 is off or unplugged. The share waited 60 s for it. Share again.',
      );
    } finally {
      vi.useRealTimers();
    }
  });

  test('prints events as plain lines, with the line for the other person', async () => {
    const { services, told, printed, done, interrupt } = begin('share --headless --access open --no-rfb --classic');
    const share = services.shares[0]!;
    share.emit({
      type: 'listening',
      wires: [{ wire: 'classic', address: '0.0.0.0', port: 9000 }],
      code: null,
      vncPassword: null,
    });
    share.emit({ type: 'notice', tone: 'good', text: '10.0.0.9 connected' });
    share.emit({ type: 'notice', tone: 'warning', text: 'gone', code: 'E_REGION' });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    await expect.poll(() => told.length).toBe(4);
    expect(told).toContain('sharing monitor HDMI-1 (1920x1080)');
    expect(told.join('\n')).toContain('peerglass watch 192.168.1.82:9000');
    expect(told).toContain('10.0.0.9 connected');
    expect(told).toContain('E_REGION: gone');
    expect(printed).toEqual([]);
    interrupt(0);
    expect(await done).toBe(0);
  });

  test('a failure is one line with its code, and exit code 1', async () => {
    const { services, told, done } = begin('watch 10.0.0.1:9000 --headless');
    const error = {
      code: 'E_CONNECT_REFUSED',
      message: 'Nothing listens there.',
      remedy: 'Start\nthe sharer.',
    } as const;
    services.watches[0]!.emit({ type: 'ended', error, frames: 0 });
    expect(await done).toBe(1);
    expect(told).toEqual(['E_CONNECT_REFUSED: Nothing listens there. Start the sharer.']);
  });

  test('a capture ends well when the sharer leaves, unless nothing came of it or something else went wrong', async () => {
    const end = (
      code: 'E_PEER_CLOSED' | 'E_PEER_SILENT' | 'E_SHARE_ENDED',
      frames: number,
      line = 'capture 10.0.0.1:9000',
    ) => {
      const { services, told, done } = begin(line);
      const error = { code, message: '10.0.0.1:9000 closed the connection.', remedy: '' };
      services.watches[0]!.emit({ type: 'ended', error, frames });
      return done.then(exitCode => [exitCode, ...told]);
    };
    expect((await end('E_SHARE_ENDED', 40))[0]).toBe(0);
    expect(await end('E_PEER_CLOSED', 40)).toEqual([0, '10.0.0.1:9000 closed the connection. The capture ends here.']);
    const failed = [1, expect.stringMatching(/^E_PEER_\w+: /)];
    expect(await end('E_PEER_CLOSED', 0)).toEqual(failed);
    expect(await end('E_PEER_SILENT', 40)).toEqual(failed);
    expect(await end('E_PEER_CLOSED', 40, 'watch 10.0.0.1:9000 --headless --export x.pcapng')).toEqual(failed);
  });

  test('a share is reported once it listens, not while its port is taken', async () => {
    const { services, told, done } = begin('share --headless --access open');
    const share = services.shares[0]!;
    const source = { description: 'monitor 1', width: 4, height: 3, kind: 'x11', why: '' };
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ source }) });
    const error = { code: 'E_PORT_IN_USE' as const, message: 'Another program listens.', remedy: '' };
    share.emit({ type: 'ended', error, frames: 0 });
    expect(await done).toBe(1);
    expect(told).toEqual(['E_PORT_IN_USE: Another program listens.']);
  });

  test.each([
    ['connecting', null, /^E_CONNECT_TIMEOUT: .* did not answer within 0\.05 s\./],
    ['waiting', null, /^E_PEER_SILENT: .* sent no picture within 0\.05 s\. .* may still have to accept you/],
    ['waiting', 'studio', /^E_PEER_SILENT: .* sent no whole picture within 0\.05 s\. The sharer let this viewer in\. /],
  ] as const)('a watch that saw nothing in its time fails: %s, name %s', async (state, name, words) => {
    const { services, told, done } = begin('watch 10.0.0.5 --headless --duration 0.05');
    services.watches[0]!.emit({ type: 'snapshot', snapshot: watchSnapshot({ state, name, frames: 0 }) });
    expect(await done).toBe(1);
    expect(told).toEqual([expect.stringMatching(words)]);
  });

  test('ends by itself after its duration, or when the watching is over', async () => {
    const share = begin('share --headless --access open --duration 0.05');
    let ended = false;
    void share.done.then(() => {
      ended = true;
    });
    // Before it listens its time does not run: it would end well without having shared anything.
    await new Promise(resolve => setTimeout(resolve, 150));
    expect(ended).toBe(false);
    const wires = [{ wire: 'rfb', address: '127.0.0.1', port: 4321 }] as const;
    share.services.shares[0]!.emit({ type: 'listening', wires, code: null, vncPassword: null });
    expect(await share.done).toBe(0);
    const { services, done } = begin('watch 10.0.0.1:9000 --headless --frames 3');
    services.watches[0]!.emit({ type: 'ended', error: null, frames: 3 });
    expect(await done).toBe(0);
  });

  test('the link for browsers, with the code in it', async () => {
    const { services, told, done, interrupt } = begin('share --headless --access code --bind 10.0.0.7');
    services.shares[0]!.emit({
      type: 'listening',
      wires: [
        { wire: 'rfb', address: '10.0.0.7', port: 5900 },
        { wire: 'web', address: '10.0.0.7', port: 5800, https: true, certificate: null },
      ],
      code: 'a b',
      vncPassword: null,
    });
    await expect
      .poll(() => told)
      .toEqual([
        'listening (rfb): peerglass watch 10.0.0.7:5900',
        'listening (browsers): https://10.0.0.7:5800/#a%20b',
        'viewers need the code a b',
      ]);
    interrupt(0);
    await done;
  });

  test('the link of a broadcast, once', async () => {
    const { services, told, printed, done, interrupt } = begin('share --headless --json --no-rfb --broadcast');
    const link = 'http://10.0.0.7:5801/live/4pBW7g2tW0GJXJ0T4hXb0w#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
    const figures = {
      state: 'asleep',
      readers: 0,
      mbitPerSecond: 0,
      ageMs: null,
      segment: null,
      server: null,
    } as const;
    services.shares[0]!.emit({ type: 'listening', wires: [], code: null, vncPassword: null });
    for (let count = 0; count < 2; count++) {
      services.shares[0]!.emit({ type: 'snapshot', snapshot: shareSnapshot({ broadcast: { ...figures, link } }) });
    }
    expect(told.filter(line => line.includes('/live/'))).toEqual([`broadcast: ${link}`]);
    expect(printed[0]).toMatchObject({ broadcast: { link } });
    interrupt(0);
    await done;
  });

  test('the demo watches its own share, and prints both roles', async () => {
    const { services, printed, done, interrupt } = begin('demo --headless --json');
    services.shares[0]!.emit({
      type: 'listening',
      wires: [{ wire: 'classic', address: '127.0.0.1', port: 4321 }],
      code: null,
      vncPassword: null,
    });
    expect(services.watches[0]?.options).toMatchObject({ peer: { host: '127.0.0.1', port: 4321 }, wire: 'classic' });
    services.shares[0]!.emit({ type: 'snapshot', snapshot: shareSnapshot() });
    services.watches[0]!.emit({ type: 'snapshot', snapshot: watchSnapshot() });
    expect(printed.map(snapshot => snapshot.role)).toEqual(['share', 'watch']);
    interrupt(0);
    expect(await done).toBe(0);
    expect(services.watches[0]!.stopped && services.shares[0]!.stopped).toBe(true);
  });

  test('a demo that is over before there is anything to watch lacks its snapshot', async () => {
    const { told, done, interrupt } = begin('demo --headless --snapshot x.png');
    interrupt(0);
    expect(await done).toBe(1);
    expect(told.join('\n')).toContain('E_SNAPSHOT: No picture came, so x.png was not written.');
  });

  test('while the picture has the terminal, lines wait until it is gone', async () => {
    const { services, told, drawn, done, interrupt } = begin('watch 10.0.0.1:9000 --headless --view terminal');
    const watch = services.watches[0]!;
    expect(watch.sent).toContainEqual({ type: 'terminal-cells', columns: 80, rows: 24 });
    watch.emit({ type: 'notice', tone: 'info', text: 'connected' });
    watch.emit({ type: 'picture', thumbnail: { columns: 4, rows: 2, rgb: new Uint8Array(24) } });
    expect(told).toEqual([]);
    interrupt(0);
    await done;
    expect(told).toEqual(['connected']);
    // It alone has the terminal, so until there is a picture it says what is waited for.
    expect(drawn).toEqual(['open', 'connected', '4x2', 'close']);
  });

  test('the log has every event as a line of JSON, snapshots one a second', async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-log-'));
    const file = path.join(folder, 'log.ndjson');
    const { services, done, interrupt } = begin(`share --headless --access open --log ${file}`);
    const share = services.shares[0]!;
    share.emit({ type: 'notice', tone: 'info', text: 'hello' });
    for (let t = 0; t <= 1000; t += 100) share.emit({ type: 'snapshot', snapshot: shareSnapshot({ t }) });
    interrupt(0);
    await done;
    const entries = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(entries.map(entry => entry.type)).toEqual(['notice', 'snapshot', 'snapshot', 'ended']);
  });

  test('a log that cannot be written is bad usage', () => {
    expect(() => begin('share --headless --access open --log /no/such/folder/x')).toThrow(
      /--log: .*there is no such folder/,
    );
  });
});
