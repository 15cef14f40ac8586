import { afterEach, describe, expect, test } from 'vitest';
import type { WatchSnapshot } from '../../source/session/snapshot.js';
import { type FakeWatch, shareSnapshot, TCP, viewer, watchSnapshot } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, TERMINAL_SIZES, WATCH_OPTIONS } from '../helpers/fake-tui.js';

const ESCAPE = '\u001b';

let open: FakeTui | null = null;

afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

async function watching(columns = 80, rows = 24, options = WATCH_OPTIONS): Promise<FakeTui & { watch: FakeWatch }> {
  open = await fakeTui({ columns, rows, start: { kind: 'watch', options } });
  const { services } = open;
  await expect.poll(() => services.watches.length).toBe(1);
  return { ...open, watch: services.watches[0]! };
}

describe('the watch dashboard', () => {
  test('says when the sharer has paused, and when it does not answer', async () => {
    const { terminal, watch } = await watching();
    const told = (change: Partial<WatchSnapshot>) =>
      watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ wire: 'rfb', ...change }) });
    told({ sharer: { kind: 'paused', text: '' } });
    await terminal.waitFor('● paused by the sharer');
    told({ sharer: { kind: 'minimised', text: 'The shared window is minimised.' } });
    await terminal.waitFor('● The shared window is minimised.');
    told({ silentMs: 7000 });
    await terminal.waitFor('● no answer for 7 s');
    told({ sharer: { kind: 'sharing', text: '' } });
    expect(await terminal.waitFor('● watching')).not.toContain('no answer');
  });

  test('at 160x50 shows delay, round trips, the connection and encodings, and no empty picture', async () => {
    const { terminal, watch } = await watching(160, 50);
    const change = {
      wire: 'rfb',
      latencyMs: { p50: 6.9, p95: 12 },
      tcp: TCP,
      encodings: { tight: 120, copyrect: 40 },
    } as const;
    for (let sample = 0; sample < 40; sample++) {
      watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ ...change, t: 1_700_000_000_000 + sample * 500 }) });
    }
    const screen = await terminal.waitFor('160 rectangles');
    expect(screen).not.toContain('picture is in its window');
    for (const part of ['Latency, ms', 'now 6.9', 'RTT, ms', 'now 12.4', 'retransmitted', 'min RTT', 'CopyRect']) {
      expect(screen).toContain(part);
    }
    expect(screen).toMatch(/20 s ago ─+ .*now ─/);
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ ...change, tcp: { ...TCP, rttAgeMs: 40_000 } }) });
    expect(await terminal.waitFor('measured 40 s ago')).toContain('RTT, 40 s ago');
  });

  test('leaves out figures of the connection for which a smaller terminal has no room, the others whole', async () => {
    const labels = ['RTT', 'RTT variation', 'cwnd, segments', 'delivery Mbit/s', 'retransmitted', 'min RTT'];
    const known = [...labels, 'ssthresh', 'MSS, bytes', 'unsent', 'unacknowledged'];
    let columns = 110;
    for (const rows of [36, 38, 42]) {
      const { terminal, watch } = await watching(++columns, rows);
      for (let sample = 0; sample < 4; sample++) {
        watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ wire: 'rfb', tcp: TCP, encodings: { tight: 120 } }) });
      }
      const lines = (await terminal.waitFor('120 rectangles')).split('\n');
      const top = lines.findIndex(line => line.includes('─ Connection ─'));
      const bottom = lines.findIndex((line, index) => index > top && line.startsWith('╰'));
      const shown = lines.slice(top + 1, bottom).map(line => /^│ (.*?) {2,}/.exec(line)?.[1] ?? line);
      expect(shown.length, `${rows} rows`).toBeGreaterThan(0);
      expect(
        shown.filter(each => each.trim() !== ''),
        `${rows} rows`,
      ).toEqual(known.slice(0, shown.length));
      const below = lines.slice(bottom + 1).join('\n');
      for (const label of known) expect(below, `${rows} rows`).not.toContain(label);
      open?.tui.leave(0);
      await open?.tui.done;
    }
  });

  test('shows the age of a broadcast in the place of the latency, and how far it is', async () => {
    const { terminal, watch } = await watching(160, 50);
    const broadcast = { ageMs: { p50: 31, p95: 88 }, segment: 1_700_000_017, update: 40, jumps: 2, still: false };
    const told = (change: Partial<WatchSnapshot>) => {
      const snapshot = watchSnapshot({ wire: 'broadcast', encryption: 'AES-256, link', broadcast, ...change });
      for (let sample = 0; sample < 4; sample++) {
        watch.emit({ type: 'snapshot', snapshot: { ...snapshot, t: snapshot.t + sample * 500 } });
      }
    };
    told({});
    const screen = await terminal.waitFor('2 jumps');
    for (const part of ['broadcast  1366x768  AES-256, link  segment 1700000017', 'Age, ms', 'now 31', 'age p95']) {
      expect(screen).toContain(part);
    }
    expect(screen).not.toMatch(/latency|compression/i);
    terminal.press('+');
    await terminal.waitFor('A broadcast is the same for everybody who watches.');
    terminal.press('c');
    await expect.poll(() => watch.sent).toContainEqual({ type: 'cursor', shown: false });
    told({ broadcast: { ...broadcast, ageMs: null, still: true } });
    expect(await terminal.waitFor('still pictures')).toMatch(/age\s+-/);
  });

  test.each(TERMINAL_SIZES)('fits %i x %i', async (columns, rows) => {
    const { terminal, watch } = await watching(columns, rows);
    for (let sample = 0; sample < 30; sample++)
      watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ fps: sample }) });
    const text = await terminal.waitFor('watching');
    expect(text).toContain('29.0');
    if (columns >= 66) expect(text).toContain('decode 3.10');
  });

  test('connecting is shown with its time, and Esc cancels it', async () => {
    const { terminal, watch, tui } = await watching();
    const text = await terminal.waitFor(/connecting to 192\.168\.1\.82:9000 +\d+\.\d s/);
    expect(text).toContain('Press Esc to cancel');
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ state: 'waiting', wire: null, width: 0, height: 0 }) });
    await terminal.waitFor('waiting for the sharer');
    terminal.press(ESCAPE);
    await expect(tui.done).resolves.toBe(0);
    expect(watch.stopped).toBe(true);
  });

  test('an absent sharer is awaited since it left, and watching this machine warns of a hall of mirrors', async () => {
    const peer = { host: '127.0.0.1', port: 9000 };
    const { terminal, watch } = await watching(80, 24, { ...WATCH_OPTIONS, peer });
    await terminal.waitFor('hall of');
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot() });
    await terminal.waitFor('● watching');
    await new Promise(resolve => setTimeout(resolve, 700));
    const left = Date.now();
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ state: 'reconnecting' }) });
    const shown = /connection lost, reconnecting to 127\.0\.0\.1:9000 +(\d+\.\d) s/;
    const seconds = Number(shown.exec(await terminal.waitFor(shown))?.[1]);
    expect(seconds).toBeLessThan((Date.now() - left) / 1000 + 0.5);
  });

  test('a VNC server is given its password, unseen, and asked about again when it was wrong', async () => {
    const { terminal, services, watch } = await watching();
    const needs = { code: 'E_PASSWORD_REQUIRED', message: 'The server asks for its password.', remedy: '' } as const;
    watch.emit({ type: 'ended', error: needs, frames: 0 });
    await terminal.waitFor('The VNC server asks for its password');
    terminal.press('s3cret');
    expect(await terminal.waitFor('******')).not.toContain('s3cret');
    terminal.press('\r');
    await expect.poll(() => services.watches.length).toBe(2);
    expect(services.watches[1]!.options).toMatchObject({ code: 's3cret', secret: 'password' });
    const remedy = 'Compare it with the password of the VNC server.';
    const wrong = { code: 'E_RFB_AUTH', message: 'Wrong password.', remedy, about: 'password' } as const;
    services.watches[1]!.emit({ type: 'ended', error: wrong, frames: 0 });
    expect(await terminal.waitFor('Not accepted: Wrong password.')).toContain(remedy);
    terminal.press('right', '\r');
    await expect.poll(() => services.watches[2]?.options).toMatchObject({ code: 'right', secret: 'password' });
  });

  test('a code that the sharer asks for is typed, and typed again when it was wrong', async () => {
    const { terminal, services, watch } = await watching();
    const needs = { code: 'E_CODE_REQUIRED', message: 'The sharer asks for a code.', remedy: '' } as const;
    watch.emit({ type: 'ended', error: needs, frames: 0 });
    await terminal.waitFor('The sharer asks for a code');
    terminal.press('wrong');
    terminal.press('\r');
    await expect.poll(() => services.watches.length).toBe(2);
    expect(services.watches[1]!.options).toMatchObject({ code: 'wrong', peer: watch.options.peer });
    const remedy = 'A share that is started again may have another one.';
    const refused = { code: 'E_RFB_AUTH', message: 'Authentication failed.', remedy } as const;
    services.watches[1]!.emit({ type: 'ended', error: refused, frames: 0 });
    await terminal.waitFor('Not accepted: Authentication failed.');
    expect(await terminal.text()).toContain(`${remedy} Esc cancels.`);
    terminal.press('right');
    terminal.press('\r');
    await expect.poll(() => services.watches.length).toBe(3);
    expect(services.watches[2]!.options).toMatchObject({ code: 'right' });
  });

  test('a user name and a password are typed, the password hidden, and both again if they were wrong', async () => {
    const { terminal, services, watch } = await watching();
    const needs = { code: 'E_USER_REQUIRED', message: 'The server asks for both.', remedy: '' } as const;
    watch.emit({ type: 'ended', error: needs, frames: 0 });
    await terminal.waitFor('asks for a user name and a password');
    terminal.press('me');
    terminal.press('\r');
    await terminal.waitFor('Password for me');
    terminal.press('s3 cret');
    expect(await terminal.waitFor('*******')).not.toContain('s3 cret');
    terminal.press('\r');
    await expect.poll(() => services.watches.length).toBe(2);
    expect(services.watches[1]!.options).toMatchObject({ user: 'me', code: 's3 cret' });
    const refused = { code: 'E_RFB_AUTH', message: 'Authentication failed.', remedy: '' } as const;
    services.watches[1]!.emit({ type: 'ended', error: refused, frames: 0 });
    const text = await terminal.waitFor('Not accepted: Authentication failed.');
    expect(text).toContain('me');
  });

  test('a password goes to an unknown server only after a typed yes', async () => {
    const { terminal, services, watch } = await watching();
    const about = 'ab'.repeat(32);
    const question = { code: 'E_TRUST_REQUIRED', message: 'Never seen: AB:CD.', remedy: '', about } as const;
    watch.emit({ type: 'ended', error: question, frames: 0 });
    expect(await terminal.waitFor('Send your password there?')).toContain('Never seen: AB:CD.');
    terminal.press('ye');
    terminal.press('\r');
    terminal.press('s');
    await terminal.waitFor('yes');
    expect(services.watches).toHaveLength(1);
    terminal.press('\r');
    await expect.poll(() => services.watches.length).toBe(2);
    expect(services.watches[1]!.options.trust).toEqual([about]);
  });

  test('an error is a panel with what to do, then the shell is back', async () => {
    const { terminal, watch, tui } = await watching();
    watch.emit({
      type: 'ended',
      error: {
        code: 'E_CONNECT_TIMEOUT',
        message: 'The address does not answer.',
        remedy: 'Check the address.\nOpen the port: sudo ufw allow 9000/tcp',
      },
      frames: 0,
    });
    const text = await terminal.waitFor('E_CONNECT_TIMEOUT');
    expect(text).toContain('sudo ufw allow 9000/tcp');
    terminal.press(ESCAPE);
    await expect(tui.done).resolves.toBe(1);
  });

  test('the live keys', async () => {
    const { terminal, watch } = await watching();
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ wire: 'rfb', level: 4 }) });
    await terminal.waitFor('compression 4');
    terminal.press('f', 'o', ' ', 's', '+', '9', 'l', 'c', 'r');
    await expect.poll(() => watch.sent.map(command => command.type)).toContain('reset-figures');
    expect(watch.sent).toEqual(
      expect.arrayContaining([
        { type: 'fullscreen' },
        { type: 'scale', scale: 1 },
        { type: 'freeze', frozen: true },
        { type: 'level', level: 5 },
        { type: 'level', level: 9 },
        { type: 'quality', quality: 'lossless' },
        { type: 'cursor', shown: false },
        { type: 'reset-figures' },
      ]),
    );
  });

  test('o continues from the setting made by the keys of the window', async () => {
    const { terminal, watch } = await watching();
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ scale: 2 }) });
    await terminal.waitFor('● watching');
    terminal.press('o');
    await expect.poll(() => watch.sent.at(-1)).toEqual({ type: 'scale', scale: 3 });
  });

  test('the classic protocol is not mentioned before the protocol is known', async () => {
    const { terminal, watch } = await watching();
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot({ state: 'waiting', wire: null, width: 0, height: 0 }) });
    await terminal.waitFor('● waiting');
    terminal.press('5');
    expect(await terminal.waitFor('Not connected yet.')).not.toContain('classic protocol');
  });

  test('a function that the classic protocol lacks is reported as missing', async () => {
    const { terminal, watch } = await watching();
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot() });
    await terminal.waitFor('watching');
    terminal.press('5');
    await terminal.waitFor('cannot ask the sharer for that');
    expect(watch.sent.filter(({ type }) => type === 'level')).toEqual([]);
  });

  test('the picture in the terminal', async () => {
    const { terminal, watch } = await watching(80, 24, { ...WATCH_OPTIONS, view: 'terminal' });
    await expect.poll(() => watch.sent).toContainEqual(expect.objectContaining({ type: 'terminal-cells' }));
    watch.emit({ type: 'snapshot', snapshot: watchSnapshot() });
    watch.emit({ type: 'picture', thumbnail: { columns: 8, rows: 6, rgb: new Uint8Array(8 * 6 * 3).fill(200) } });
    await terminal.waitFor('▀'.repeat(8));
  });
});

describe('the demo', () => {
  test('Tab goes between the two dashboards, and a missing window falls back to the terminal', async () => {
    open = await fakeTui({ start: { kind: 'demo' } });
    const { terminal, services } = open;
    await expect.poll(() => services.shares.length).toBe(1);
    services.shares[0]!.emit({
      type: 'listening',
      wires: [{ wire: 'classic', address: '127.0.0.1', port: 4567 }],
      code: null,
      vncPassword: null,
    });
    await expect.poll(() => services.watches[0]?.options.peer).toEqual({ host: '127.0.0.1', port: 4567 });
    await terminal.waitFor('peerglass watch 127.0.0.1:4567');
    services.watches[0]!.emit({
      type: 'ended',
      error: { code: 'E_SDL_MISSING', message: 'The SDL 2 library is missing.', remedy: 'apt install libsdl2-2.0-0' },
      frames: 0,
    });
    await expect.poll(() => services.watches[1]?.options.view).toBe('terminal');
    terminal.press('\t');
    await terminal.waitFor('No window: The SDL 2 library is missing.');
    terminal.press('\t');
    await terminal.waitFor('On this machine only');
    // The viewer is the demo's own: nobody is asked about it.
    services.shares[0]!.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(1)] }) });
    await terminal.waitFor('sharing to 1');
    terminal.press('q');
    await expect(open.tui.done).resolves.toBe(0);
    expect(services.shares[0]!.stopped && services.watches[1]!.stopped).toBe(true);
  });

  test('closing the window ends it, whichever dashboard is shown', async () => {
    open = await fakeTui({ start: { kind: 'demo' } });
    const { services } = open;
    await expect.poll(() => services.shares.length).toBe(1);
    services.shares[0]!.emit({
      type: 'listening',
      wires: [{ wire: 'rfb', address: '127.0.0.1', port: 4567 }],
      code: null,
      vncPassword: null,
    });
    await expect.poll(() => services.watches.length).toBe(1);
    services.watches[0]!.emit({ type: 'ended', error: null, frames: 9 });
    await expect(open.tui.done).resolves.toBe(0);
    expect(services.shares[0]!.stopped).toBe(true);
  });
});
