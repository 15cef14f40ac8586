import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ScreenshotsSource } from '../../../source/capture/screenshots/screenshots-source.js';
import { X11Source } from '../../../source/capture/x11/x11-source.js';
import { systemClock } from '../../../source/node/clock.js';
import { listTargets } from '../../../source/session/targets.js';
import { picture, samePicture } from '../../helpers/rgb-pictures.js';
import { addMonitors } from '../../helpers/vnc-monitors.js';
import { XPainter } from '../../helpers/x-painter.js';
import { closeClient, connectDisplay, readDisplay, startXServer, startXvfb, type XServer } from '../../helpers/xvfb.js';
import { closeSources, openSource, readWhole, watchSource } from './watching.js';

const servers: XServer[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));

afterEach(async () => {
  await closeSources();
  await Promise.all(servers.splice(0).map(server => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function running(starting: Promise<XServer>): Promise<XServer> {
  const server = await starting;
  servers.push(server);
  return server;
}

function xrandr({ display }: XServer, ...args: string[]): void {
  execFileSync('xrandr', args, { env: { ...process.env, DISPLAY: display }, stdio: 'ignore' });
}

const monitorsOf = async ({ display }: XServer) => (await listTargets(display)).monitors;

test('a monitor stays the one that was chosen, whichever is the primary, and is lost while it is off', async () => {
  const socket = path.join(folder, 'vnc');
  const vnc = ['-SecurityTypes', 'None', '-rfbport', '-1', '-rfbunixpath', socket];
  const server = await running(startXServer('Xtigervnc', ['-geometry', '800x600', '-depth', '24', ...vnc]));
  const left = { x: 0, y: 0, width: 400, height: 300 };
  const right = { x: 400, y: 0, width: 320, height: 240 };
  await addMonitors(socket, { width: 720, height: 300 }, [left, right], async () => {
    return (await monitorsOf(server)).length === 2;
  });
  const painter = await XPainter.open(server.display, { geometry: { x: 0, y: 0, width: 720, height: 300 } });
  painter.fill(left, 0xff0000);
  painter.fill(right, 0x00ff00);
  await painter.sync();
  const [first, second] = await monitorsOf(server);
  const source = await openSource(server.display, { target: { kind: 'monitor', number: 2 } });
  const { events } = await watchSource(source);
  const green = async () => {
    const { rgb } = picture(await readWhole(source));
    return rgb.every((byte, place) => byte === (place % 3 === 1 ? 255 : 0));
  };
  expect(source.describe().description).toBe(`monitor ${second!.name} (320x240)`);
  expect(await green()).toBe(true);

  xrandr(server, '--output', second!.name, '--primary');
  while ((await monitorsOf(server))[0]?.name !== second!.name);
  expect(await green()).toBe(true);

  xrandr(server, '--output', second!.name, '--off');
  await events.until(() => events.lost !== null);
  expect(events.lost).toBe('E_SOURCE_GONE');
  const [only] = await monitorsOf(server);
  expect(only!.name).toBe(first!.name);
  const named = new X11Source({ display: server.display, target: { kind: 'output', output: second!.name }, why: '' });
  await expect(named.open()).rejects.toMatchObject({ code: 'E_NO_SUCH_MONITOR' });

  events.take();
  xrandr(server, '--output', second!.name, '--mode', '320x240', '--pos', '400x0');
  await events.until(() => events.lost === null);
  expect(events.take()).toContainEqual({ x: 0, y: 0, width: 320, height: 240 });
  painter.fill(right, 0x00ff00);
  await painter.sync();
  expect(await green()).toBe(true);
  expect(events.errors).toEqual([]);
  await painter.close();
});

test('monitors that a person has made of the screen are listed, shared by name, followed and lost', async () => {
  const server = await running(startXvfb({ width: 400, height: 200 }));
  xrandr(server, '--setmonitor', 'left', '240/10x200/10+0+0', 'screen');
  xrandr(server, '--setmonitor', 'right', '160/10x200/10+240+0', 'none');
  expect((await monitorsOf(server)).map(({ number, name, geometry }) => [number, name, geometry])).toEqual([
    [1, 'left', { x: 0, y: 0, width: 240, height: 200 }],
    [2, 'right', { x: 240, y: 0, width: 160, height: 200 }],
  ]);
  const painter = await XPainter.open(server.display);
  painter.fill({ x: 240, y: 0, width: 160, height: 200 }, 0x0000ff);
  await painter.sync();
  const source = await openSource(server.display, { target: { kind: 'output', output: 'right' } });
  const { events, incoming } = await watchSource(source);
  const place = { x: 240, y: 0, width: 160, height: 200 };
  expect(samePicture(picture(incoming), await readDisplay(server.display, place))).toBe(true);
  const all = await openSource(server.display, { target: { kind: 'all' } });
  const watched = await watchSource(all);

  xrandr(server, '--delmonitor', 'right');
  await events.until(() => events.lost !== null);
  expect(events.news).toMatchObject([{ error: { message: 'Monitor right is off or unplugged.' } }]);
  await watched.events.until(() => watched.events.news.length > 0);
  expect(watched.events.news).toEqual([{ kind: 'changed', text: 'the whole screen (240x200): left' }]);

  xrandr(server, '--setmonitor', 'right', '100/10x100/10+300+0', 'none');
  await events.until(() => events.lost === null);
  expect(events.sizes).toEqual([{ width: 100, height: 100 }]);
  await painter.close();
});

test("the root of a Wayland session's X server is not shared, one window is", async () => {
  const server = await running(startXvfb({ width: 200, height: 100 }));
  const screen = async () => {
    const source = new X11Source({ display: server.display, target: { kind: 'monitor', number: 1 }, why: '' });
    await source.open();
    await source.close();
  };
  // An XWayland in a window of its own is an X server as others are.
  xrandr(server, '--setmonitor', 'XWAYLAND0', '200/10x100/10+0+0', 'screen');
  await screen();
  const { client } = await connectDisplay(server.display);
  const painter = await XPainter.open(server.display, {
    geometry: { x: 0, y: 0, width: 50, height: 40 },
    title: 'X program',
  });
  const atom = await new Promise<number>(resolve => {
    client.InternAtom(false, '_NET_WM_CM_S0', (_, id) => {
      resolve(id);
      return true;
    });
  });
  painter.client.SetSelectionOwner(painter.window, atom);
  await painter.sync();
  await expect(screen()).rejects.toMatchObject({ code: 'E_WAYLAND', remedy: expect.stringContaining('--window') });
  const window = await openSource(server.display, { target: { kind: 'window', window: 'X program' } });
  expect(window.describe()).toMatchObject({ width: 50, height: 40 });
  const { source, monitors, windows } = await listTargets(server.display);
  expect(source).toMatchObject({ kind: null, error: { code: 'E_WAYLAND' } });
  expect(monitors).toEqual([]);
  expect(windows).toMatchObject([{ title: 'X program' }]);
  const screenshots = new ScreenshotsSource({
    target: { kind: 'all' },
    display: null,
    why: '',
    clock: systemClock,
    environment: { DISPLAY: server.display },
  });
  await expect(screenshots.open()).rejects.toMatchObject({ code: 'E_WAYLAND' });
  await closeClient(client);
  await painter.close();
});
