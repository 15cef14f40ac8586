import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { XPainter } from '../../helpers/x-painter.js';
import { startXvfb, type XServer } from '../../helpers/xvfb.js';
import { closeSources, openSource, watchSource } from './watching.js';

let server: XServer;
let painter: XPainter;
beforeAll(async () => {
  server = await startXvfb({ width: 400, height: 300 });
  painter = await XPainter.open(server.display, {
    geometry: { x: 100, y: 50, width: 200, height: 100 },
    title: 'target',
  });
});
afterEach(closeSources);
afterAll(async () => {
  await painter.close();
  await server.stop();
});

/** Puts the pointer somewhere, without any motion of a device. */
function move(x: number, y: number): void {
  const environment = { ...process.env, DISPLAY: server.display };
  execFileSync('xdotool', ['mousemove', String(x), String(y)], { env: environment });
}

test('the pointer has a picture and is followed, relative to what is shared', async () => {
  move(10, 20);
  const region = { x: 100, y: 50, width: 100, height: 100 };
  const source = await openSource(server.display, { target: { kind: 'region', region } });
  const { events } = await watchSource(source);
  await events.until(() => events.cursors.length > 0);
  const { x, y, shape } = events.cursors[0]!;
  expect([x, y]).toEqual([-90, -30]);
  expect(shape!.rgba).toHaveLength(shape!.width * shape!.height * 4);
  expect(shape!.hotspotX).toBeLessThan(shape!.width);
  for (const [toX, toY] of [
    [111, 63],
    [150, 99],
    [0, 0],
  ] as const) {
    move(toX, toY);
    await events.until(() => events.cursors.at(-1)?.x === toX - 100 && events.cursors.at(-1)?.y === toY - 50);
  }
  expect(events.cursors.at(-1)?.shape).toBe(events.cursors.at(-2)?.shape);
  expect(events.take()).toEqual([]);
});

test('motion of a device is followed as it comes', async () => {
  move(50, 50);
  const { events } = await watchSource(await openSource(server.display));
  await events.until(() => events.cursors.length > 0);
  const environment = { ...process.env, DISPLAY: server.display };
  for (let step = 1; step <= 20; step++) {
    execFileSync('xdotool', ['mousemove_relative', '--', '3', '2'], { env: environment });
    await expect.poll(() => events.cursors.at(-1)).toMatchObject({ x: 50 + 3 * step, y: 50 + 2 * step });
  }
});

test('a program that puts the pointer elsewhere is noticed as well', async () => {
  move(10, 20);
  const { events } = await watchSource(await openSource(server.display));
  await events.until(() => events.cursors.length > 0);
  painter.client.WarpPointer(0, painter.window, 0, 0, 0, 0, 7, 8);
  await expect.poll(() => events.cursors.at(-1)).toMatchObject({ x: 107, y: 58 });
});

test('it is relative to a window that moves', async () => {
  move(105, 55);
  const source = await openSource(server.display, { target: { kind: 'window', window: 'target' } });
  const { events } = await watchSource(source);
  await expect.poll(() => events.cursors.at(-1)).toMatchObject({ x: 5, y: 5 });
  painter.client.MoveResizeWindow(painter.window, 50, 50, 200, 100);
  move(106, 55);
  await expect.poll(() => events.cursors.at(-1)).toMatchObject({ x: 56, y: 5 });
});

const WHITE = { R: 0xffff, G: 0xffff, B: 0xffff };
const RED = { R: 0xffff, G: 0, B: 0 };
const CROSSHAIR = 34;

test('another picture is reported with another serial, its colours where they belong', async () => {
  move(10, 10);
  const { events } = await watchSource(await openSource(server.display));
  await events.until(() => events.cursors.length > 0);
  const before = events.cursors.at(-1)!.shape!;
  const { client, window } = painter;
  const [font, cursor] = [client.AllocID(), client.AllocID()];
  client.OpenFont(font, 'cursor');
  client.CreateGlyphCursor(cursor, font, font, CROSSHAIR, CROSSHAIR + 1, RED, WHITE);
  client.ChangeWindowAttributes(window, { cursor });
  move(120, 70);
  await events.until(() => events.cursors.at(-1)?.shape?.serial !== before.serial);
  const { rgba } = events.cursors.at(-1)!.shape!;
  const colours = new Set<string>();
  for (let place = 0; place < rgba.length; place += 4)
    colours.add(Buffer.from(rgba.subarray(place, place + 4)).toString('hex'));
  expect(colours).toContain('ff0000ff');
  expect(colours).not.toContain('0000ffff');
});

test('a picture that the server keeps to itself does not lose the pointer', async () => {
  // The cursor of a client that has left: the server answers with BadAccess.
  execFileSync('xsetroot', ['-cursor_name', 'left_ptr'], { env: { ...process.env, DISPLAY: server.display } });
  move(10, 10);
  const { events } = await watchSource(await openSource(server.display));
  await events.until(() => events.cursors.length > 0);
  expect(events.cursors[0]).toMatchObject({ x: 10, y: 10, shape: { width: expect.any(Number) } });
  move(20, 20);
  await events.until(() => events.cursors.at(-1)?.x === 20);
});
