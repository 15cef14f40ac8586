import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, expect, test } from 'vitest';
import { portalDesk } from '../capture/portal/portal-desk.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { FakeCompositor } from '../helpers/fake-compositor.js';
import { OPEN_ON_LOOPBACK, Program } from '../helpers/program.js';

const started = stopAfterEach();
const desk = portalDesk();
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-portal-'));
const HEADLESS = ['--headless', '--json'];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The program in the session of a compositor that cannot be captured directly, as GNOME's and KDE's. */
async function share(mode: string): Promise<Program> {
  const compositor = started(await FakeCompositor.start({ protocol: 'none' }));
  const { WAYLAND_DISPLAY, XDG_RUNTIME_DIR } = compositor.environment;
  const environment = {
    ...desk.session.environment,
    XDG_STATE_HOME: desk.folder,
    WAYLAND_DISPLAY: path.join(XDG_RUNTIME_DIR ?? '', WAYLAND_DISPLAY ?? ''),
    DISPLAY: undefined,
    PEERGLASS_NATIVE: mode,
  };
  return started(new Program(['share', ...OPEN_ON_LOOPBACK, ...HEADLESS], environment));
}

test.each(['on', 'safe'])('a desktop is watched exactly through its portal (native code %s)', async mode => {
  const producer = await desk.produce({ width: 400, height: 300 });
  for (let at = 0; at < producer.words.length; at++) producer.words[at] = (at * 2_654_435_761) >>> 8;
  const sharing = await share(mode);
  await sharing.untilTold(/Your desktop asks which screen to share/);
  const snapshot = path.join(folder, `${mode}.png`);
  const peer = `127.0.0.1:${await sharing.port('rfb')}`;
  const argv = ['watch', peer, '--view', 'none', '--quality', 'lossless', '--snapshot', snapshot, ...HEADLESS];
  const watch = started(new Program(argv, { DISPLAY: undefined }));
  await watch.until(() => (watch.watchSnapshots.at(-1)?.frames ?? 0) > 0, 'the picture has come');
  producer.fill({ x: 50, y: 60, width: 70, height: 20 }, 0xfedcba);
  await producer.show([{ x: 50, y: 60, width: 70, height: 20 }]);
  await watch.until(() => {
    const [before, last] = watch.watchSnapshots.slice(-2);
    return before !== undefined && before.frames > 1 && before.frames === last?.frames;
  }, 'the picture stands');
  expect(await watch.stop()).toBe(0);
  const { data } = PNG.sync.read(readFileSync(snapshot));
  const seen = Uint32Array.from(producer.words, (_, at) => data.readUInt32BE(at * 4) >>> 8);
  expect(seen).toEqual(producer.words.map(word => word & 0xffffff));
  expect(sharing.shareSnapshots.at(-1)?.source).toMatchObject({
    kind: 'portal',
    description: 'the screen chosen on the desktop (400x300)',
    why: 'the Wayland compositor offers no direct capture, so the desktop asks which screen',
  });
  expect(await sharing.stop()).toBe(0);
});

test('a no is an error of its own; an unanswered question does not hold up the end', async () => {
  desk.portal.answer = 'no';
  const refused = await share('on');
  expect(await refused.ended).toBe(1);
  expect(refused.told.join('\n')).toMatch(/E_PORTAL_DENIED: .*the answer was no/);
  desk.portal.answer = 'nothing';
  const waiting = await share('on');
  await waiting.untilTold(/Your desktop asks/);
  expect(await waiting.stop()).toBe(0);
  await desk.portal.until(() => desk.portal.withdrawn.length === 1);
});

test('without native code the reason is said, before anybody is asked', async () => {
  const refused = await share('off');
  expect(await refused.ended).toBe(1);
  expect(refused.told.join('\n')).toMatch(/E_PIPEWIRE: .*PEERGLASS_NATIVE=off.*safe/);
  expect(desk.portal.dialogs).toBe(0);
});
