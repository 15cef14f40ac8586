import { afterEach, expect } from 'vitest';
import { type FakeShare, shareSnapshot, viewer } from './fake-sessions.js';
import { type FakeTui, fakeTui, SHARE_OPTIONS } from './fake-tui.js';

export const KEY = {
  ...{ enter: '\r', escape: '\u001b', tab: '\t', pageDown: '\u001b[6~' },
  ...{ up: '\u001b[A', down: '\u001b[B', right: '\u001b[C' },
} as const;

/** Terminal sizes in which every page is tested. */
export const PAGE_SIZES: readonly [number, number][] = [
  [80, 24],
  [160, 50],
  [40, 12],
];

type Options = NonNullable<Parameters<typeof fakeTui>[0]>;

/** Opens terminal UIs and closes them after each test. Call it once at the top of a test file. */
export function tuiOpener() {
  const opened: FakeTui[] = [];
  afterEach(async () => {
    for (const { tui } of opened.splice(0)) {
      tui.leave(0);
      await tui.done;
    }
  });
  const open = async (options: Options): Promise<FakeTui> => {
    const tui = await fakeTui(options);
    opened.push(tui);
    return tui;
  };
  /** The dashboard of a share with one listener and two viewers. */
  const sharing = async (wire: 'rfb' | 'classic', size: Pick<Options, 'columns' | 'rows'> = {}) => {
    const port = wire === 'rfb' ? 5900 : 9000;
    const options = { ...SHARE_OPTIONS, rfbPort: wire === 'rfb' ? port : null };
    const tui = await open({ ...size, start: { kind: 'share', options } });
    await expect.poll(() => tui.services.shares.length).toBe(1);
    const share: FakeShare = tui.services.shares[0]!;
    share.emit({ type: 'listening', wires: [{ wire, address: '0.0.0.0', port }], code: null, vncPassword: null });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(1), viewer(2)] }) });
    await tui.terminal.waitFor('192.168.1.86');
    return { ...tui, share };
  };
  return { open, sharing };
}
