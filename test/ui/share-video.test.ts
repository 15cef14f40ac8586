import { afterEach, describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import type { VideoSnapshot } from '../../source/session/snapshot.js';
import { initialShareValues, shareFields, shareOptionsOf } from '../../source/ui/share-form-values.js';
import { videoLine } from '../../source/ui/share-lines.js';
import { shareSnapshot, TWO_MONITORS, viewer } from '../helpers/fake-sessions.js';
import { type FakeTui, fakeTui, SHARE_OPTIONS } from '../helpers/fake-tui.js';

const FILM: VideoSnapshot = {
  encoder: 'x264 164',
  regions: [
    { x: 112, y: 76, width: 640, height: 360, streams: [{ mbitPerSecond: 1.84, pictureRate: 30, viewers: 2 }] },
    { x: 0, y: 500, width: 320, height: 200, streams: [] },
  ],
  pictures: 512,
  idrs: 3,
  bytes: 4_000_000,
};

let open: FakeTui | null = null;
afterEach(async () => {
  open?.tui.leave(0);
  await open?.tui.done;
  open = null;
});

describe('films that are shared as video', () => {
  test('have a line: where, how much, for how many, and how many pictures', () => {
    expect(videoLine(FILM)).toBe(
      'video  640x360+112+76  1.84 Mbit/s, 30.0 a second, 2 viewers  512 pictures, 3 of them IDRs',
    );
    expect(videoLine({ ...FILM, regions: [] })).toBeNull();
  });

  test('have it on the dashboard below the viewers while there are any', async () => {
    open = await fakeTui({ columns: 120, rows: 40, start: { kind: 'share', options: SHARE_OPTIONS } });
    const { services, terminal } = open;
    await expect.poll(() => services.shares.length).toBe(1);
    const share = services.shares[0]!;
    const wires = [{ wire: 'rfb' as const, address: '::', port: 5900 }];
    share.emit({ type: 'listening', wires, code: 'k7m2p9qx', vncPassword: null });
    share.emit({ type: 'snapshot', snapshot: shareSnapshot({ viewers: [viewer(1)], video: FILM, state: 'sharing' }) });
    await terminal.waitFor('video  640x360+112+76  1.84 Mbit/s');
    const without = { ...FILM, regions: [] };
    share.emit({
      type: 'snapshot',
      snapshot: shareSnapshot({ viewers: [viewer(1)], video: without, state: 'sharing' }),
    });
    await expect.poll(() => terminal.text()).not.toContain('640x360+112+76');
  });

  test('are chosen by --video and in the form', () => {
    const optionsOf = (...argv: string[]) => {
      const command = parseArguments(['share', '--access', 'open', ...argv]);
      return command.kind === 'share' ? command.options.video : null;
    };
    expect(optionsOf()).toBe('auto');
    expect(optionsOf('--video', 'always')).toBe('always');
    expect(() => optionsOf('--video', 'yes')).toThrow(/one of auto, off/);
    const values = initialShareValues({ video: 'off' }, TWO_MONITORS);
    expect(shareFields(values, TWO_MONITORS).map(({ name }) => name)).toContain('video');
    expect(shareOptionsOf(values).video).toBe('off');
    // What was remembered by another version is not believed.
    expect(shareOptionsOf(initialShareValues({ video: 'sometimes' }, TWO_MONITORS)).video).toBe('auto');
  });
});
