import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { X11Source } from '../../../source/capture/x11/x11-source.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { listTargets } from '../../../source/session/targets.js';
import { RecordingEvents } from '../../helpers/recording-events.js';
import { noise, picture, samePicture } from '../../helpers/rgb-pictures.js';
import { addMonitors } from '../../helpers/vnc-monitors.js';
import { XPainter } from '../../helpers/x-painter.js';
import { closeClient, connectDisplay, readDisplay, startXServer, startXvfb, type XServer } from '../../helpers/xvfb.js';
import { closeSources, openSource, readWhole, watchSource } from './watching.js';

const servers: XServer[] = [];

async function running(starting: Promise<XServer>): Promise<XServer> {
  const server = await starting;
  servers.push(server);
  return server;
}

/** A server that can be given any size, and more monitors by its VNC socket. */
function startResizable(socketPath?: string): Promise<XServer> {
  const geometry = ['-geometry', '800x600', '-depth', '24'];
  const vnc = socketPath === undefined ? [] : ['-rfbunixpath', socketPath];
  return running(startXServer('Xtigervnc', [...geometry, '-SecurityTypes', 'None', '-rfbport', '-1', ...vnc]));
}

function xrandr(server: XServer, ...args: string[]): void {
  execFileSync('xrandr', args, { env: { ...process.env, DISPLAY: server.display }, stdio: 'ignore' });
}

afterEach(async () => {
  await closeSources();
  await Promise.all(servers.splice(0).map(server => server.stop()));
});

test('another resolution is reported, and everything is damage then', async () => {
  const server = await startResizable();
  const source = await openSource(server.display);
  const { events } = await watchSource(source);
  for (const [width, height] of [
    [1024, 768],
    [640, 480],
  ] as const) {
    xrandr(server, '-s', `${width}x${height}`);
    await events.until(() => events.sizes.at(-1)?.width === width);
    await events.until(() => events.damaged.some(each => each.width === width && each.height === height));
    expect(events.sizes.at(-1)).toEqual({ width, height });
    expect(source.describe()).toMatchObject({
      description: expect.stringMatching(`^monitor \\S+ \\(${width}x${height}\\)$`),
      width,
      height,
    });
    const painter = await XPainter.open(server.display);
    painter.drawImage(0, 0, width, height, noise(width, height));
    await painter.sync();
    expect(samePicture(picture(await readWhole(source)), await readDisplay(server.display))).toBe(true);
    await painter.close();
    events.take();
  }
});

test('framebuffers from before a change of the resolution are left alone', async () => {
  const server = await startResizable();
  const source = await openSource(server.display);
  const { events, incoming } = await watchSource(source);
  xrandr(server, '-s', '640x480');
  // Whether or not the source has heard of it already: what it says is 0, and that it was resized.
  const read = await source.read([incoming.bounds], incoming);
  await events.until(() => events.sizes.length > 0);
  expect(await source.read([incoming.bounds], incoming)).toBe(0);
  expect([0, 800 * 600]).toContain(read);
  expect(events.sizes).toEqual([{ width: 640, height: 480 }]);
  expect(events.errors).toEqual([]);
});

test('a screen that is read while it changes its size, again and again, is read right afterwards', async () => {
  const server = await startResizable();
  const source = await openSource(server.display);
  const { events } = await watchSource(source);
  const memory = createPixelMemory();
  let changing = true;
  const readOn = async () => {
    while (changing) {
      const incoming = new Framebuffer(memory, source.describe());
      await source.read([incoming.bounds], incoming).catch(() => 0);
      incoming.free();
    }
  };
  const reading = readOn();
  const sizes = ['640x480', '1024x768', '800x600'];
  const environment = { ...process.env, DISPLAY: server.display };
  for (let change = 0; change < 12; change++) {
    await promisify(execFile)('xrandr', ['-s', sizes[change % 3]!], { env: environment });
  }
  changing = false;
  await reading;
  await events.until(() => source.describe().width === 800);
  expect(events.errors).toEqual([]);
  expect(samePicture(picture(await readWhole(source)), await readDisplay(server.display))).toBe(true);
});

test('a part that the server does not give once does not end it', async () => {
  const server = await running(startXvfb({ width: 320, height: 200 }));
  const source = await openSource(server.display);
  const { events, incoming } = await watchSource(source);
  // As for a screen that was smaller for a moment, and is as it was by the time it is looked at.
  await expect(source.read([{ x: 0, y: 0, width: 320, height: 201 }], incoming)).rejects.toMatchObject({
    code: 'E_CAPTURE',
  });
  expect(events.errors).toEqual([]);
  expect(await source.read([{ x: 0, y: 0, width: 320, height: 200 }], incoming)).toBe(64_000);
});

test('a screen that was resized while nobody watched is reported at the next start', async () => {
  const server = await startResizable();
  const source = await openSource(server.display);
  (await watchSource(source)).events.take();
  source.stop();
  xrandr(server, '-s', '1024x768');
  const events = new RecordingEvents();
  source.start(events);
  await events.until(() => events.damaged.length > 0);
  expect(events.sizes).toEqual([{ width: 1024, height: 768 }]);
  expect(events.damaged).toEqual([{ x: 0, y: 0, width: 1024, height: 768 }]);
});

test('a region that the screen has become too small for is lost, and continues when it fits again', async () => {
  const server = await startResizable();
  const region = { x: 600, y: 100, width: 100, height: 50 };
  const source = await openSource(server.display, { target: { kind: 'region', region } });
  const { events, incoming } = await watchSource(source);
  xrandr(server, '-s', '640x480');
  await events.until(() => events.lost !== null);
  expect(events.news).toMatchObject([
    { error: { code: 'E_SOURCE_GONE', message: 'The region 100x50+600+100 is no longer on the screen.' } },
  ]);
  expect(await source.read([incoming.bounds], incoming)).toBe(0);
  events.take();
  xrandr(server, '-s', '800x600');
  await events.until(() => events.lost === null);
  expect(events.take()).toContainEqual({ x: 0, y: 0, width: 100, height: 50 });
  expect(events.sizes).toEqual([]);
  expect(events.errors).toEqual([]);
});

test('two monitors are numbered, shared singly and together, in their places', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
  const socket = path.join(folder, 'vnc');
  const server = await startResizable(socket);
  const monitors = [
    { x: 0, y: 0, width: 500, height: 500 },
    { x: 500, y: 100, width: 400, height: 300 },
  ];
  await addMonitors(socket, { width: 900, height: 500 }, monitors, async () => {
    return (await listTargets(server.display)).monitors.length === 2;
  });
  const painter = await XPainter.open(server.display, { geometry: { x: 0, y: 0, width: 900, height: 500 } });
  painter.drawImage(0, 0, 900, 500, noise(900, 500));
  await painter.sync();
  const screen = { x: 0, y: 0, width: 900, height: 500 };
  const second = { x: 500, y: 100, width: 400, height: 300 };
  const both = await openSource(server.display, { target: { kind: 'all' } });
  expect(both.describe()).toMatchObject({ description: 'all 2 monitors (900x500)' });
  expect(samePicture(picture(await readWhole(both)), await readDisplay(server.display, screen))).toBe(true);
  const one = await openSource(server.display, { target: { kind: 'monitor', number: 2 } });
  const { events, incoming } = await watchSource(one);
  expect(samePicture(picture(incoming), await readDisplay(server.display, second))).toBe(true);
  painter.fill({ x: 510, y: 120, width: 5, height: 5 }, 0xffffff);
  await painter.sync();
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toEqual([{ x: 10, y: 20, width: 5, height: 5 }]);
  const third = new X11Source({ display: server.display, target: { kind: 'monitor', number: 3 }, why: '' });
  await expect(third.open()).rejects.toMatchObject({
    code: 'E_NO_SUCH_MONITOR',
    remedy: expect.stringMatching(/1 \(.*500x500\), 2 \(.*400x300\)/),
  });
  await painter.close();
  rmSync(folder, { recursive: true });
});

/** Draws pixels side by side in the top left corner, and reads what they come out as, over both ways to read. */
async function coloursOf(server: XServer, pixels: readonly number[]): Promise<string[]> {
  const { client, screen } = await connectDisplay(server.display);
  const gc = client.AllocID();
  client.CreateGC(gc, screen.root, { foreground: 0 });
  for (const [x, colour] of pixels.entries()) {
    client.ChangeGC(gc, { foreground: colour });
    client.PolyFillRectangle(screen.root, gc, [x, 0, 1, 1]);
  }
  await new Promise<void>(resolve => client.GetInputFocus(() => resolve()));
  const found: string[] = [];
  for (const sharedMemory of [true, false]) {
    const source = await openSource(server.display, { sharedMemory });
    const { rgb } = picture(await readWhole(source));
    found.push(Buffer.from(rgb.subarray(0, pixels.length * 3)).toString('hex'));
  }
  await closeClient(client);
  return found;
}

test.each([
  [15, [0x7c00, 0x03e0, 0x001f, 0x7fff, 0x0000, 0x4210], 'ff000000ff000000ffffffff000000848484'],
  [16, [0xf800, 0x07e0, 0x001f, 0xffff, 0x0000, 0x8410], 'ff000000ff000000ffffffff000000848284'],
  [30, [0x3ff00000, 0x000ffc00, 0x3ff, 0x3fffffff, 0, 0x20080200], 'ff000000ff000000ffffffff000000808080'],
] as const)('a screen of %i bits a pixel has its colours', async (depth, pixels, expected) => {
  // An odd width: rows are padded.
  const server = await running(startXvfb({ width: 201, height: 100, depth }));
  expect(await coloursOf(server, pixels)).toEqual([expected, expected]);
});

test('a screen of 8 bits a pixel has the colours that its map has by then', async () => {
  const server = await running(startXvfb({ width: 201, height: 100, depth: 8 }));
  const { client, screen } = await connectDisplay(server.display);
  const allocate = (red: number, green: number, blue: number) =>
    new Promise<number>((resolve, reject) => {
      client.AllocColor(screen.default_colormap, red * 257, green * 257, blue * 257, (error, colour) => {
        if (error) reject(error);
        else resolve(colour.pixel);
      });
    });
  const pixels = [await allocate(0xc0, 0x10, 0x20), await allocate(0x12, 0x34, 0x56)];
  expect(await coloursOf(server, pixels)).toEqual(['c01020123456', 'c01020123456']);
  const later = await allocate(0xfe, 0xdc, 0xba);
  expect(await coloursOf(server, [later])).toEqual(['fedcba', 'fedcba']);
  await closeClient(client);
});

test('the server that dies while it is watched, read or asleep is reported, and nothing hangs', async () => {
  const server = await running(startXvfb({ width: 320, height: 200 }));
  const watched = await openSource(server.display);
  const { events, incoming } = await watchSource(watched);
  const asleep = await openSource(server.display);
  process.kill(server.pid, 'SIGSTOP');
  const read = watched.read([incoming.bounds], incoming);
  const caught = expect(read).rejects.toMatchObject({ code: 'E_DISPLAY_DIED' });
  process.kill(server.pid, 'SIGKILL');
  await caught;
  await events.until(() => events.errors.length > 0);
  expect(events.errors).toMatchObject([{ code: 'E_DISPLAY_DIED', remedy: expect.stringMatching(/./) }]);
  await expect(watched.read([incoming.bounds], incoming)).rejects.toMatchObject({ code: 'E_DISPLAY_DIED' });
  const late = new RecordingEvents();
  asleep.start(late);
  await late.until(() => late.errors.length > 0);
  expect(late.errors).toMatchObject([{ code: 'E_DISPLAY_DIED' }]);
});
