import os from 'node:os';
import { onTestFinished, vi } from 'vitest';
import { SHARE_DEFAULTS, type ShareOptions } from '../../source/session/share-options.js';
import { WATCH_DEFAULTS, type WatchOptions } from '../../source/session/watch-options.js';
import type { Start } from '../../source/ui/app.js';
import { startTui, type Tui } from '../../source/ui/start-tui.js';
import { FakeServices } from './fake-sessions.js';
import { ScreenTerminal } from './screen-terminal.js';

/** Columns and rows that every screen must fit. */
export const TERMINAL_SIZES: readonly (readonly [number, number])[] = [
  [80, 24],
  [40, 12],
  [160, 50],
  [100, 30],
  [66, 19],
  [200, 60],
];

export const SHARE_OPTIONS: ShareOptions = {
  source: { kind: 'auto' },
  target: { kind: 'monitor', number: 1 },
  display: null,
  ...SHARE_DEFAULTS,
  rfbPort: null,
  webPort: null,
  bind: null,
  access: 'ask',
  code: null,
  name: os.hostname(),
  cursor: 'shown',
  scrollDetection: true,
  announce: false,
  broadcast: null,
  attended: true,
  exportFile: null,
  recordFile: null,
  logFile: null,
};

export const WATCH_OPTIONS: WatchOptions = {
  ...WATCH_DEFAULTS,
  peer: { host: '192.168.1.82', port: 9000 },
};

export interface FakeTui {
  readonly terminal: ScreenTerminal;
  readonly services: FakeServices;
  readonly tui: Tui;
}

/**
 * The whole terminal UI on fakes: screens in xterm.js, fake sessions driven by the test. Its timers are due as on a
 * clock, and sooner while the test waits for the screen.
 */
export async function fakeTui(
  options: {
    columns?: number;
    rows?: number;
    start?: Start;
    services?: FakeServices;
    environment?: NodeJS.ProcessEnv;
  } = {},
): Promise<FakeTui> {
  const {
    columns = 80,
    rows = 24,
    start = { kind: 'menu' },
    services = new FakeServices(),
    environment = {},
  } = options;
  if (!vi.isFakeTimers()) {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
      shouldAdvanceTime: true,
    });
    onTestFinished(() => void vi.useRealTimers());
  }
  const terminal = new ScreenTerminal(columns, rows);
  const tui = await startTui({
    services,
    version: '1.2.3',
    start,
    demo: {
      share: { ...SHARE_OPTIONS, source: { kind: 'pattern' }, access: 'open', bind: '127.0.0.1', classicPort: 0 },
      watch: WATCH_OPTIONS,
    },
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    environment,
    job: null,
    onFault: error => console.error('the UI failed:', error),
  });
  return { terminal, services, tui };
}
