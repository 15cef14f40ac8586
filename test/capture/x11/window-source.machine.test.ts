import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { listTargets } from '../../../source/session/targets.js';
import { RecordingEvents } from '../../helpers/recording-events.js';
import { noise, picture, samePicture } from '../../helpers/rgb-pictures.js';
import { XPainter } from '../../helpers/x-painter.js';
import { connectDisplay, readDisplay, startXvfb, type XServer } from '../../helpers/xvfb.js';
import { closeSources, openSource, readWhole, watchSource } from './watching.js';

let server: XServer;
let painter: XPainter;
const PLACE = { x: 40, y: 30, width: 200, height: 100 };
const pixels = noise(PLACE.width, PLACE.height);

beforeAll(async () => {
  server = await startXvfb({ width: 400, height: 300 });
});
afterAll(() => server.stop());
afterEach(async () => {
  await closeSources();
  await painter.close();
});

async function paint(title = 'Quarterly report'): Promise<void> {
  painter = await XPainter.open(server.display, { geometry: PLACE, title });
  painter.drawImage(0, 0, PLACE.width, PLACE.height, pixels);
  await painter.sync();
}

const share = (window: string) => openSource(server.display, { target: { kind: 'window', window } });

test('a window is found by a part of its title, its whole title or its id, and read exactly', async () => {
  await paint();
  const id = painter.window.toString(16);
  for (const name of ['report', 'QUARTERLY REPORT', `0x${id}`, String(painter.window)]) {
    const source = await share(name);
    expect(source.describe()).toMatchObject({ description: 'window "Quarterly report" (200x100)', width: 200 });
    const incoming = await readWhole(source);
    expect(samePicture(picture(incoming), await readDisplay(server.display, PLACE))).toBe(true);
  }
});

test('what lies on top of it is not shared with it', async () => {
  await paint();
  const source = await share('report');
  const { events } = await watchSource(source);
  const other = await XPainter.open(server.display, {
    geometry: { x: 0, y: 0, width: 150, height: 80 },
    title: 'private',
  });
  other.fill({ x: 0, y: 0, width: 150, height: 80 }, 0xff0000);
  await other.sync();
  painter.fill({ x: 10, y: 10, width: 20, height: 5 }, 0x00ff00);
  await painter.sync();
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toEqual([{ x: 10, y: 10, width: 20, height: 5 }]);
  const shared = picture(await readWhole(source));
  const expected = pixels.slice();
  for (let y = 10; y < 15; y++) {
    for (let x = 10; x < 30; x++) expected.set([0, 255, 0], (y * PLACE.width + x) * 3);
  }
  expect(samePicture(shared, { width: 200, height: 100, rgb: expected })).toBe(true);
  await other.close();
});

test('it is followed when it is moved, also beyond the edge of the screen', async () => {
  await paint();
  const source = await share('report');
  const { events } = await watchSource(source);
  painter.client.MoveResizeWindow(painter.window, -150, 250, 200, 100);
  painter.drawImage(0, 0, 200, 100, noise(200, 100, 5));
  await painter.sync();
  await events.until(() => events.damaged.length > 0);
  expect(samePicture(picture(await readWhole(source)), { width: 200, height: 100, rgb: noise(200, 100, 5) })).toBe(
    true,
  );
  expect(events.sizes).toEqual([]);
});

test('another size is reported', async () => {
  await paint();
  const source = await share('report');
  const { events } = await watchSource(source);
  painter.client.MoveResizeWindow(painter.window, 10, 10, 120, 140);
  await events.until(() => events.sizes.length > 0);
  expect(events.sizes).toEqual([{ width: 120, height: 140 }]);
  expect(events.take()).toContainEqual({ x: 0, y: 0, width: 120, height: 140 });
  // What was told and is not read is not told again; the server may have told of the window's new background already.
  await readWhole(source);
  painter.drawImage(0, 0, 120, 140, noise(120, 140, 6));
  await painter.sync();
  await events.until(() => events.damaged.length > 0);
  expect(samePicture(picture(await readWhole(source)), { width: 120, height: 140, rgb: noise(120, 140, 6) })).toBe(
    true,
  );
});

test('while it is not shown nothing is read, and it continues by itself when it is shown again', async () => {
  await paint();
  const source = await share('report');
  const { events, incoming } = await watchSource(source);
  painter.client.UnmapWindow(painter.window);
  await events.until(() => events.lost !== null);
  expect(events.lost).toBe('E_SOURCE_HIDDEN');
  expect(await source.read([incoming.bounds], incoming)).toBe(0);
  events.take();
  painter.client.MapWindow(painter.window);
  painter.drawImage(0, 0, 200, 100, noise(200, 100, 9));
  await events.until(() => events.lost === null);
  expect(events.take()).toContainEqual({ x: 0, y: 0, width: 200, height: 100 });
  const shown = { width: 200, height: 100, rgb: noise(200, 100, 9) };
  while (!samePicture(picture(await readWhole(source)), shown)) await events.until(() => events.take().length > 0);
  expect(events.errors).toEqual([]);
});

test('a window that is closed is lost, and another one with its id is not shared in its place', async () => {
  await paint();
  const source = await share('report');
  const { events, incoming } = await watchSource(source);
  painter.client.DestroyWindow(painter.window);
  const { root } = (await connectDisplay(server.display)).screen;
  painter.client.CreateWindow(painter.window, root, 0, 0, 200, 100, 0, 0, 0, 0, { backgroundPixel: 0xff0000 });
  painter.client.MapWindow(painter.window);
  await events.until(() => events.lost !== null);
  expect(events.news).toMatchObject([
    { error: { code: 'E_SOURCE_GONE', message: 'The window "Quarterly report" was closed.' } },
  ]);
  expect(await source.read([incoming.bounds], incoming)).toBe(0);
});

test('a window that was closed while nobody watched is reported then, and its id means nothing at the next start', async () => {
  await paint();
  const source = await share('report');
  const events = new RecordingEvents();
  source.onEvent(events.hear);
  painter.client.DestroyWindow(painter.window);
  await events.until(() => events.lost !== null);
  const { root } = (await connectDisplay(server.display)).screen;
  painter.client.CreateWindow(painter.window, root, 0, 0, 200, 100, 0, 0, 0, 0, { backgroundPixel: 0xff0000 });
  painter.client.MapWindow(painter.window);
  await painter.sync();
  source.start(events);
  const incoming = new Framebuffer(createPixelMemory(), { width: 200, height: 100 });
  expect(await source.read([incoming.bounds], incoming)).toBe(0);
  expect(events.lost).toBe('E_SOURCE_GONE');
  expect(events.damaged).toEqual([]);
});

test('titles that fit several windows are told apart by their ids', async () => {
  await paint('Terminal 1');
  const other = await XPainter.open(server.display, { geometry: PLACE, title: 'Terminal 2' });
  await expect(share('terminal')).rejects.toMatchObject({
    code: 'E_NO_SUCH_WINDOW',
    message: '2 windows have "terminal" in their title.',
    remedy: expect.stringContaining(`0x${other.window.toString(16)} (Terminal 2)`),
  });
  expect((await share('terminal 2')).describe().description).toContain('Terminal 2');
  await other.close();
});

test('windows are listed with titles that a terminal can show', async () => {
  await paint('evil \u001b[2J title');
  const { source, monitors, windows } = await listTargets(server.display);
  expect(source).toEqual({ kind: 'x11', why: `X11 display ${server.display} answers` });
  const geometry = { x: 0, y: 0, width: 400, height: 300 };
  expect(monitors).toMatchObject([{ number: 1, geometry }]);
  expect(windows).toEqual([{ id: `0x${painter.window.toString(16)}`, title: 'evil [2J title', geometry: PLACE }]);
});
