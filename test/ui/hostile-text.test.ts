import { afterEach, expect, test } from 'vitest';
import { NO_PREFERENCES } from '../../source/session/app-services.js';
import { FakeServices, shareSnapshot, TWO_MONITORS, viewer, watchSnapshot } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, SHARE_OPTIONS, WATCH_OPTIONS } from '../helpers/fake-tui.js';
import { EVIL, strayControls } from '../helpers/hostile-text.js';

let open: FakeTui | null = null;

afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

/** Waits until the words of the hostile text are shown, and looks at every byte that the program wrote. */
async function shown({ terminal }: FakeTui, expected: string | RegExp = 'PWNED'): Promise<void> {
  await terminal.waitFor(expected);
  expect(strayControls(terminal.output.join(''))).toEqual([]);
}

const RECORD = {
  number: 1,
  time: 1_700_000_000_000,
  direction: 'received',
  peer: EVIL,
  wire: 'rfb',
  name: `ServerInit${EVIL}`,
  length: 12,
  info: EVIL,
  fields: [[EVIL, EVIL]],
  head: Buffer.from(EVIL),
} as const;

test('no text from a share reaches the terminal as a control character', async () => {
  open = await fakeTui({ columns: 160, rows: 50, start: { kind: 'share', options: { ...SHARE_OPTIONS, name: EVIL } } });
  await expect.poll(() => open?.services.shares.length).toBe(1);
  const share = open.services.shares[0]!;
  share.emit({ type: 'listening', wires: [{ wire: 'rfb', address: EVIL, port: 5900 }], code: EVIL, vncPassword: null });
  share.emit({ type: 'notice', tone: 'info', text: EVIL });
  const source = { kind: 'x11', description: EVIL, why: EVIL, width: 800, height: 600 } as const;
  const viewers = [viewer(1, { address: EVIL, encodings: { [EVIL]: 3 } })];
  share.emit({ type: 'snapshot', snapshot: shareSnapshot({ source, viewers, bottleneck: EVIL }) });
  await shown(open);
  share.emit({ type: 'asking', viewer: 7, address: EVIL, expiresAt: Date.now() + 20_000, gaveCode: false });
  await shown(open, /PWNED.* wants to watch/);
  share.emit({ type: 'asked', viewer: 7 });
  open.terminal.press('\r');
  await shown(open);
  open.terminal.press('q', 'm');
  await expect.poll(() => share.sent.some(({ type }) => type === 'inspect')).toBe(true);
  share.emit({ type: 'messages', records: [RECORD] });
  await shown(open, /ServerInit.*PWNED/);
  open.terminal.press('\r');
  await shown(open);
  open.terminal.press('q', 'u');
  await shown(open);
  open.terminal.press('q', 'x');
  await shown(open, /Disconnect .*PWNED/);
  share.emit({ type: 'ended', error: { code: 'E_CAPTURE', message: EVIL, remedy: EVIL }, frames: 1 });
  await shown(open, /E_CAPTURE/);
});

test('nor in the farewell', async () => {
  open = await fakeTui({ start: { kind: 'share', options: SHARE_OPTIONS } });
  await expect.poll(() => open?.services.shares.length).toBe(1);
  const share = open.services.shares[0]!;
  const source = { kind: 'x11', description: EVIL, why: EVIL, width: 800, height: 600 } as const;
  share.emit({ type: 'snapshot', snapshot: shareSnapshot({ source, viewers: [viewer(1, { address: EVIL })] }) });
  await open.terminal.waitFor('PWNED');
  open.tui.leave(0);
  await open.tui.done;
  const { output } = open.terminal;
  const farewell = output.slice(output.findIndex(text => text.includes('1049l')) + 1).join('');
  expect(farewell).toContain('PWNED');
  expect(strayControls(farewell.replaceAll('\r\n', ''))).toEqual([]);
});

test('nor does text from a viewer', async () => {
  const peer = { host: EVIL, port: 5900 };
  open = await fakeTui({ columns: 160, rows: 50, start: { kind: 'watch', options: { ...WATCH_OPTIONS, peer } } });
  await expect.poll(() => open?.services.watches.length).toBe(1);
  await shown(open);
  const watch = open.services.watches[0]!;
  const snapshot = watchSnapshot({ peer: EVIL, name: EVIL, wire: 'rfb', encodings: { [EVIL]: 3 } });
  watch.emit({ type: 'snapshot', snapshot });
  watch.emit({ type: 'notice', tone: 'warning', text: EVIL, code: EVIL });
  await shown(open, /PWNED/);
  open.terminal.press('\r');
  await shown(open);
  open.terminal.press('q', 'm');
  await expect.poll(() => watch.sent.some(({ type }) => type === 'inspect')).toBe(true);
  watch.emit({ type: 'messages', records: [RECORD] });
  await shown(open, /ServerInit.*PWNED/);
  watch.emit({ type: 'ended', error: { code: 'E_PEER_REFUSED', message: EVIL, remedy: EVIL }, frames: 1 });
  await shown(open, /E_PEER_REFUSED/);
});

test('nor do window titles, names of monitors and interfaces, remembered or typed text', async () => {
  const services = new FakeServices();
  services.targets = {
    ...TWO_MONITORS,
    monitors: TWO_MONITORS.monitors.map(monitor => ({ ...monitor, name: EVIL })),
    windows: TWO_MONITORS.windows.map(window => ({ ...window, title: EVIL })),
  };
  services.stored = { ...NO_PREFERENCES, peers: [EVIL, '10.0.0.1'], share: { name: EVIL }, watch: { address: EVIL } };
  services.addresses = [{ address: EVIL, family: 4, interfaceName: EVIL, defaultRoute: true }];
  open = await fakeTui({ columns: 160, rows: 50, services, environment: { DISPLAY: EVIL } });
  open.terminal.press('1');
  await shown(open, 'Share');
  open.terminal.press(' ');
  await shown(open);
  open.terminal.press('\u001b');
  await shown(open, 'Share');
  open.terminal.press('\u001b');
  await shown(open, 'What would you like to do?');
  open.terminal.press('2');
  await shown(open, 'Address');
  open.terminal.send(Buffer.from(`\u001b[200~${EVIL}\u001b[201~`));
  await shown(open);
});
