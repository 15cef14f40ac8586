import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stopAfterEach } from '../helpers/cleanup.js';
import { OPEN_ON_LOOPBACK, Program } from '../helpers/program.js';
import { rgbOfPng } from '../helpers/rgb-pictures.js';
import { XPainter } from '../helpers/x-painter.js';
import { readDisplay, startXvfb } from '../helpers/xvfb.js';
import { drawScene } from '../interop/scene.js';

const SIZE = { width: 1024, height: 600 };
const started = stopAfterEach();
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-native-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

test.each(['off', 'safe'])('both ends show the exact picture with native code %s', async mode => {
  const display = started(await startXvfb(SIZE));
  const painter = await XPainter.open(display.display);
  await drawScene(painter);
  const environment = { PEERGLASS_NATIVE: mode, DISPLAY: display.display };
  const run = (...argv: string[]) => new Program([...argv, '--headless', '--json'], environment);
  const share = run('share', '--source', 'x11', ...OPEN_ON_LOOPBACK);
  const snapshot = path.join(folder, `${mode}.png`);
  const peer = `127.0.0.1:${await share.port('rfb')}`;
  const watch = run('watch', peer, '--view', 'none', '--quality', 'lossless', '--snapshot', snapshot);
  await watch.until(() => {
    const [before, last] = watch.watchSnapshots.slice(-2);
    return before !== undefined && before.frames > 0 && before.frames === last?.frames;
  }, 'the picture is whole');
  expect(await watch.stop()).toBe(0);
  const shown = await readDisplay(display.display);
  expect(rgbOfPng(snapshot).equals(shown.rgb)).toBe(true);
  expect(await share.stop()).toBe(0);
  await painter.close();
});

test('another word for it is refused, and a window without native code is answered with what helps', async () => {
  const wrong = new Program(['list'], { PEERGLASS_NATIVE: 'none' });
  const window = new Program(['watch', '127.0.0.1:1', '--headless'], { PEERGLASS_NATIVE: 'off', DISPLAY: ':0' });
  expect(await wrong.ended).toBe(2);
  expect(wrong.told.join('\n')).toMatch(/E_USAGE.*PEERGLASS_NATIVE must be off, safe or on, not "none"/);
  expect(await window.ended).toBe(1);
  expect(window.told.join('\n')).toMatch(/E_SDL_MISSING.*disabled by PEERGLASS_NATIVE=off/);
});
