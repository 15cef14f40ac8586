import { expect, test } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';

const started = stopAfterEach();
const NO_DISPLAY = { DISPLAY: undefined, WAYLAND_DISPLAY: undefined };

test('the demo shares the pattern and watches it on a machine without a display, with figures of both roles', async () => {
  const demo = started(new Program(['demo', '--headless', '--json', '--size', '320x240'], NO_DISPLAY));
  await demo.until(
    () => demo.shareSnapshots.length >= 3 && demo.watchSnapshots.filter(({ frames }) => frames > 1).length >= 3,
  );
  expect(await demo.stop()).toBe(0);
  // Nothing but snapshots on standard output: another program reads it.
  expect(demo.snapshots).toHaveLength(demo.lines.length);
  const share = demo.shareSnapshots.at(-1)!;
  const watch = demo.watchSnapshots.at(-1)!;
  expect(share.source?.kind).toBe('pattern');
  expect(demo.shareSnapshots.some(({ state, viewers }) => state === 'sharing' && viewers.length === 1)).toBe(true);
  expect(watch.compressionRatio).toBeGreaterThan(2);
});

test('headless sharing without an access setting says so', async () => {
  const share = started(new Program(['share', '--no-web', '--headless', '--source', 'pattern', '--rfb-port', '0']));
  expect(await share.ended).toBe(2);
  expect(share.told.join('\n')).toMatch(/^E_ACCESS_REQUIRED: .*--access open/m);
});

test('without a terminal it names the command that needs none', async () => {
  const menu = started(new Program([], NO_DISPLAY));
  expect(await menu.ended).toBe(2);
  expect(menu.told.join('\n')).toMatch(/E_NO_TTY: .*demo --headless/);
});
