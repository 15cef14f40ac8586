import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShareTargets } from '../../source/session/app-services.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { FakeCompositor } from '../helpers/fake-compositor.js';
import { OPEN_ON_LOOPBACK, Program } from '../helpers/program.js';
import { type Sway, startSway } from '../helpers/sway.js';
import { WaylandPainter } from '../helpers/wayland-painter.js';

const started = stopAfterEach();
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-wayland-'));
let sway: Sway;

beforeAll(async () => {
  sway = await startSway(['640x480', '320x240']);
});
afterAll(async () => {
  await sway.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The program in the session of a compositor, without any X display. */
function run(environment: NodeJS.ProcessEnv, mode: string, ...argv: string[]): Program {
  return started(new Program(argv, { ...environment, DISPLAY: undefined, PEERGLASS_NATIVE: mode }));
}

const HEADLESS = ['--headless', '--json'];

function pixelsOf(file: string): Buffer {
  const { data, width, height } = PNG.sync.read(readFileSync(file));
  const rgb = Buffer.alloc(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) data.copy(rgb, to, from, from + 3);
  return rgb;
}

test.each(['on', 'safe'])('a Wayland screen is watched exactly (native code %s)', async mode => {
  const painter = started(await WaylandPainter.open(sway.environment));
  await painter.fill((x, y) => (x * 7 + y * 131_071) & 0xffffff);
  const share = run(sway.environment, mode, 'share', ...OPEN_ON_LOOPBACK, ...HEADLESS);
  const peer = `127.0.0.1:${await share.port('rfb')}`;
  const snapshot = path.join(folder, `${mode}.png`);
  const argv = ['watch', peer, '--view', 'none', '--quality', 'lossless', '--snapshot', snapshot, ...HEADLESS];
  const watch = run({}, 'on', ...argv);
  await watch.until(() => (watch.watchSnapshots.at(-1)?.frames ?? 0) > 0, 'the picture has come');
  await painter.paint({ x: 100, y: 50, width: 200, height: 20 }, 0xfedcba);
  const { rgb } = await sway.screenshot('HEADLESS-1');
  await watch.until(() => {
    const [before, last] = watch.watchSnapshots.slice(-2);
    return before !== undefined && before.frames > 1 && before.frames === last?.frames;
  }, 'the picture stands');
  expect(await watch.stop()).toBe(0);
  expect(pixelsOf(snapshot).equals(rgb)).toBe(true);
  expect(share.shareSnapshots.at(-1)?.source).toEqual({
    kind: 'wayland',
    description: 'monitor HEADLESS-1 (640x480)',
    why: expect.stringMatching(/^sway offers (wlr-screencopy, which paints the pointer|ext-image-copy-capture)/),
    width: 640,
    height: 480,
  });
  expect(await share.stop()).toBe(0);
});

test('monitors and windows are listed without an X display and without native code', async () => {
  const list = run(sway.environment, 'off', 'list', '--json');
  expect(await list.ended).toBe(0);
  const { source, monitors } = JSON.parse(list.lines.join('\n')) as ShareTargets;
  expect(source).toMatchObject({ kind: 'wayland' });
  expect(monitors.map(({ name }) => name)).toEqual(['HEADLESS-1', 'HEADLESS-2']);

  const compositor = started(await FakeCompositor.start({ protocol: 'ext' }));
  compositor.outputs[0]!.scale = 2;
  compositor.openWindow('Editor', 'id-1', { width: 30, height: 20 });
  const text = run(compositor.environment, 'on', 'list');
  expect(await text.ended).toBe(0);
  expect(text.lines.join('\n')).toMatch(/captured by wayland: fake offers ext-image-copy-capture/);
  expect(text.lines.join('\n')).toMatch(/1 {2}64x48\+0\+0 +FAKE-1 \(scale 2\)/);
  expect(text.lines.join('\n')).toMatch(/id-1 +Editor/);
});

test('without native code a Wayland screen is refused with the reason', async () => {
  const share = run(sway.environment, 'off', 'share', '--source', 'wayland', ...OPEN_ON_LOOPBACK, ...HEADLESS);
  expect(await share.ended).toBe(1);
  expect(share.told.join('\n')).toMatch(/E_WAYLAND: .*PEERGLASS_NATIVE=off.* set it to safe/);
});
