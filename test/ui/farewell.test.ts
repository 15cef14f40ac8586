import { afterEach, expect, test } from 'vitest';
import type { SharedBroadcastSnapshot, ShareSnapshot } from '../../source/session/snapshot.js';
import { shareSnapshot, viewer, watchSnapshot } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, SHARE_OPTIONS, WATCH_OPTIONS } from '../helpers/fake-tui.js';

const ENTER = '\r';

let open: FakeTui | null = null;

afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

test('a share leaves a summary in the terminal: what, to whom, how much, how fast', async () => {
  open = await fakeTui({ start: { kind: 'share', options: SHARE_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  const share = services.shares[0]!;
  const at = (publishedFps: number, frames: number, bytes: number) =>
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ publishedFps, frames, bytes }) });
  at(30, 100, 1_000_000);
  at(50, 300, 3_000_000);
  // Reset: what was before still counts.
  at(40, 50, 500_000);
  share.emit({
    type: 'snapshot',
    snapshot: shareSnapshot({ state: 'asleep', viewers: [], frames: 50, bytes: 500_000 }),
  });
  await terminal.waitFor('idle');
  terminal.press('q');
  await expect(tui.done).resolves.toBe(0);
  const text = await terminal.text();
  expect(terminal.alternate).toBe(false);
  expect(text).toMatch(/Shared monitor HDMI-1 \(1920x1080\) for 00:0\d\./);
  expect(text).toContain('  2 viewers: 192.168.1.86, 192.168.1.87');
  expect(text).toContain('  sent 3.50 MB in 350 frames, mean 40.0 fps');
});

test('a share that never listened has shared nothing', async () => {
  open = await fakeTui({ start: { kind: 'share', options: SHARE_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  const share = services.shares[0]!;
  for (const state of ['starting', 'ended'] as const) {
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ state, viewers: [], frames: 0, bytes: 0 }) });
  }
  const error = { code: 'E_PORT_IN_USE', message: 'Port 5900 is taken.', remedy: '' } as const;
  share.emit({ type: 'ended', error, frames: 0 });
  await terminal.waitFor('E_PORT_IN_USE');
  terminal.press(ENTER);
  await expect(tui.done).resolves.toBe(1);
  const text = await terminal.text();
  expect(text).toContain('Nothing was shared.');
  expect(text).not.toContain('no viewers');
});

test('a summary names the recordings, and who read a broadcast', async () => {
  open = await fakeTui({ start: { kind: 'share', options: SHARE_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  const broadcast: SharedBroadcastSnapshot = {
    ...{ state: 'live', readers: 2, mbitPerSecond: 1, ageMs: null, segment: 1, server: null },
    link: 'http://192.168.1.82:5801/live/',
  };
  let t = 1_800_000_000_000;
  const at = (change: Partial<ShareSnapshot>) => {
    t += 1000;
    services.shares[0]!.emit({ type: 'snapshot', snapshot: shareSnapshot({ t, viewers: [], ...change }) });
  };
  for (const file of ['one.pglog', 'two.pglog']) at({ broadcast, recording: { file, bytes: 1, ms: 1 } });
  at({ broadcast: { ...broadcast, readers: 0, mbitPerSecond: 0 } });
  at({ broadcast: { ...broadcast, readers: 1, mbitPerSecond: 4 }, state: 'listening' });
  await terminal.waitFor('1 cache');
  tui.leave(130);
  await expect(tui.done).resolves.toBe(130);
  const text = await terminal.text();
  expect(text).toContain('  broadcast for 00:02, read by up to 2 caches, mean 2.50 Mbit/s to each');
  expect(text).not.toContain('no viewers');
  for (const file of ['one.pglog', 'two.pglog']) expect(text).toContain(`  recorded to ${file}`);
});

test('many viewers are counted, a few of them named', async () => {
  open = await fakeTui({ columns: 120, start: { kind: 'share', options: SHARE_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  const viewers = Array.from({ length: 30 }, (_, id) => viewer(id));
  services.shares[0]!.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers }) });
  await terminal.waitFor('sharing to 30');
  tui.leave(130);
  await expect(tui.done).resolves.toBe(130);
  expect(await terminal.text()).toContain(
    '30 viewers: 192.168.1.85, 192.168.1.86, 192.168.1.87, 192.168.1.88, 192.168.1.89 and 25',
  );
});

test('one that came back is not two viewers', async () => {
  open = await fakeTui({ start: { kind: 'share', options: SHARE_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.shares.length).toBe(1);
  for (const id of [1, 2])
    services.shares[0]!.emit({
      type: 'snapshot',
      snapshot: shareSnapshot({ frames: 1, viewers: [viewer(id, { address: '192.168.1.86' })] }),
    });
  await terminal.waitFor('sharing to 1');
  tui.leave(130);
  await expect(tui.done).resolves.toBe(130);
  expect(await terminal.text()).toContain('  2 connections from 192.168.1.86');
  expect(await terminal.text()).toContain(' in 1 frame,');
});

test("a viewer's summary has the received data, and the error that ended it", async () => {
  open = await fakeTui({ columns: 120, start: { kind: 'watch', options: WATCH_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.watches.length).toBe(1);
  const watch = services.watches[0]!;
  const latencyMs = { p50: 6.9, p95: 12 };
  const recording = { file: 'talk.pglog', bytes: 1, ms: 1 };
  watch.emit({
    type: 'snapshot',
    snapshot: watchSnapshot({ wire: 'rfb', fps: 58, latencyMs, peer: '192.168.1.82:5900', recording }),
  });
  watch.emit({
    type: 'ended',
    error: { code: 'E_PEER_REFUSED', message: 'The sharer refused\u001b[2J this viewer.', remedy: '' },
    frames: 9,
  });
  await terminal.waitFor('E_PEER_REFUSED');
  terminal.press('q');
  await expect(tui.done).resolves.toBe(1);
  const text = await terminal.text();
  expect(text).toMatch(/Watched 192\.168\.1\.82:5900 \(1366x768, rfb\) for 00:0\d\./);
  expect(text).toContain('  received 350 MB in 12,345 frames, mean 58.0 fps, latency 6.90 ms');
  expect(text).toContain('  recorded to talk.pglog');
  expect(text).toContain('  E_PEER_REFUSED: The sharer refused[2J this viewer.');
});

test('a line that is too long for the terminal breaks between words', async () => {
  open = await fakeTui({ columns: 50, start: { kind: 'watch', options: WATCH_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.watches.length).toBe(1);
  const message = 'The sharer is connected and stopped sending anything within a message.';
  services.watches[0]!.emit({ type: 'ended', error: { code: 'E_PEER_SILENT', message, remedy: '' }, frames: 0 });
  await terminal.waitFor('E_PEER_SILENT');
  terminal.press('q');
  await expect(tui.done).resolves.toBe(1);
  expect((await terminal.text()).split('\n').map(line => line.trimEnd())).toEqual(
    expect.arrayContaining([
      '  E_PEER_SILENT: The sharer is connected and',
      '  stopped sending anything within a message.',
    ]),
  );
});

test('a code requested on the way leaves one farewell, not two', async () => {
  open = await fakeTui({ start: { kind: 'watch', options: WATCH_OPTIONS } });
  const { services, terminal, tui } = open;
  await expect.poll(() => services.watches.length).toBe(1);
  const error = { code: 'E_CODE_REQUIRED', message: 'The sharer asks for a code.', remedy: '' } as const;
  services.watches[0]!.emit({ type: 'ended', error, frames: 0 });
  await terminal.waitFor('asks for a code');
  terminal.press('a', 'b', 'c', ENTER);
  await expect.poll(() => services.watches[1]?.options.code).toBe('abc');
  services.watches[1]!.emit({ type: 'snapshot', snapshot: watchSnapshot() });
  await terminal.waitFor('watching');
  terminal.press('q');
  await expect(tui.done).resolves.toBe(0);
  const text = await terminal.text();
  expect(text).toContain('Watched 192.168.1.82:9000');
  expect(text).not.toContain('E_CODE_REQUIRED');
});

test('a session from the menu leads back to it, and is reported when the program ends', async () => {
  open = await fakeTui();
  const { services, terminal, tui } = open;
  await terminal.waitFor('Share my screen');
  terminal.press('1');
  await terminal.waitFor('Who may watch');
  terminal.press(ENTER);
  await expect.poll(() => services.shares.length).toBe(1);
  services.shares[0]!.emit({ type: 'snapshot', snapshot: shareSnapshot({ state: 'listening', viewers: [] }) });
  await terminal.waitFor('monitor HDMI-1');
  terminal.press('q');
  await terminal.waitFor('Share my screen');
  terminal.press('q');
  await expect(tui.done).resolves.toBe(0);
  expect(await terminal.text()).toMatch(/Shared monitor HDMI-1 \(1920x1080\) for 00:0\d\.\n {2}no viewers/);
});

test.each([
  ['nobody', {}, 'Nobody watched.'],
  ['viewers', { viewers: [viewer(1)], frames: 12 }, 'Shared 12 frames.'],
  [
    'caches',
    {
      broadcast: {
        ...{ state: 'live', readers: 1, mbitPerSecond: 3, ageMs: null, segment: 1, server: null },
        link: 'http://192.168.1.82:5801/live/',
      } satisfies SharedBroadcastSnapshot,
    },
    'Broadcast for 00:01, read by 1 cache, mean 3.00 Mbit/s to each.',
  ],
])('the menu says what a share to %s came to', async (_who, change, said) => {
  open = await fakeTui();
  const { services, terminal } = open;
  await terminal.waitFor('Share my screen');
  terminal.press('1');
  await terminal.waitFor('Who may watch');
  terminal.press(ENTER);
  await expect.poll(() => services.shares.length).toBe(1);
  const share = services.shares[0]!;
  for (const t of [1_800_000_000_000, 1_800_000_001_000]) {
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [], ...change, t }) });
  }
  await terminal.waitFor('monitor HDMI-1');
  share.emit({ type: 'ended', error: null, frames: 0 });
  await terminal.waitFor('What would you like');
  expect((await terminal.text()).replace(/\s+/g, ' ')).toContain(said);
});
