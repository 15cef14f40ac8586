import { afterAll, beforeAll, expect, test } from 'vitest';
import { ScreenshotsSource } from '../../source/capture/screenshots/screenshots-source.js';
import { X11Source } from '../../source/capture/x11/x11-source.js';
import { systemClock } from '../../source/node/clock.js';
import { listTargets } from '../../source/session/targets.js';
import { noise, picture, samePicture } from '../helpers/rgb-pictures.js';
import { startWindowManager, type WindowManager } from '../helpers/window-manager.js';
import { xdotool } from '../helpers/windows.js';
import { XPainter } from '../helpers/x-painter.js';
import { readDisplay, startXvfb, type XServer } from '../helpers/xvfb.js';
import { readWhole, watchSource } from './x11/watching.js';

/** A desktop as people have it: a window manager puts frames around windows and keeps a list of them. */
let server: XServer;
let manager: WindowManager;
let painter: XPainter;
const before = process.env.DISPLAY;
const SCREEN = { width: 640, height: 480 };
const SIZE = { width: 240, height: 120 };
const pixels = noise(SIZE.width, SIZE.height);

beforeAll(async () => {
  server = await startXvfb(SCREEN);
  process.env.DISPLAY = server.display;
  manager = await startWindowManager(server.display);
  painter = await XPainter.open(server.display, {
    geometry: { x: 50, y: 60, ...SIZE },
    title: 'Framed window',
    overrideRedirect: false,
  });
  // While it puts the frame around it, what was drawn is lost.
  while (!(await isShown())) {
    painter.drawImage(0, 0, SIZE.width, SIZE.height, pixels);
    await painter.sync();
    await new Promise(resolve => setTimeout(resolve, 50));
  }
});
afterAll(async () => {
  if (before === undefined) delete process.env.DISPLAY;
  else process.env.DISPLAY = before;
  await manager.stop();
  await server.stop();
});

async function isShown(): Promise<boolean> {
  const window = (await listTargets(server.display)).windows.find(({ title }) => title === 'Framed window');
  if (!window) return false;
  // On its way to its place it may stand outside, where there is nothing to read.
  const { x, y, width, height } = window.geometry!;
  if (x < 0 || y < 0 || x + width > SCREEN.width || y + height > SCREEN.height) return false;
  return samePicture(await readDisplay(server.display, window.geometry!), { ...SIZE, rgb: pixels });
}

async function titles(): Promise<string[]> {
  return (await listTargets(server.display)).windows.map(({ title }) => title);
}

test('the window manager says which windows there are', async () => {
  expect(await titles()).toEqual(['Framed window']);
  const [window] = (await listTargets(server.display)).windows;
  expect(Number(window!.id)).toBe(painter.window);
  expect(window!.geometry).toMatchObject(SIZE);
});

test('a window is shared without its frame by x11', async () => {
  const source = new X11Source({ display: null, target: { kind: 'window', window: 'framed' }, why: '' });
  await source.open();
  expect(samePicture(picture(await readWhole(source)), { ...SIZE, rgb: pixels })).toBe(true);
  await source.close();
});

test.each([
  ['minimised', ['windowminimize'], ['windowmap']],
  ['on another desktop', ['set_desktop_for_window', '1'], ['set_desktop_for_window', '0']],
] as const)('a window that is %s is waited for', async (_, hide, show) => {
  const source = new X11Source({ display: null, target: { kind: 'window', window: 'framed' }, why: '' });
  await source.open();
  const { events, incoming } = await watchSource(source);
  const order = ([verb, ...values]: readonly string[]) => {
    xdotool(server.display, verb!, String(painter.window), ...values);
  };
  order(hide);
  await events.until(() => events.lost !== null);
  expect(events.lost).toBe('E_SOURCE_HIDDEN');
  expect(await source.read([incoming.bounds], incoming)).toBe(0);
  order(show);
  await events.until(() => events.lost === null);
  painter.drawImage(0, 0, SIZE.width, SIZE.height, pixels);
  await painter.sync();
  expect(samePicture(picture(await readWhole(source)), { ...SIZE, rgb: pixels })).toBe(true);
  await source.close();
});

test('node-screenshots finds it as well', async () => {
  const target = { kind: 'window', window: 'framed' } as const;
  const source = new ScreenshotsSource({ target, display: null, why: '', clock: systemClock });
  await source.open();
  expect(source.describe().description).toMatch(/^window "Framed window"/);
  const shared = picture(await readWhole(source));
  // It may come with its frame: the picture is somewhere in it, whole.
  const rows = (image: { width: number; rgb: Uint8Array }, x: number, y: number, width: number) => {
    const start = (y * image.width + x) * 3;
    return Buffer.from(image.rgb.subarray(start, start + width * 3));
  };
  const expected = { ...SIZE, rgb: pixels };
  const places = [];
  for (let y = 0; y <= shared.height - SIZE.height; y++) {
    for (let x = 0; x <= shared.width - SIZE.width; x++) {
      if (rows(shared, x, y, SIZE.width).equals(rows(expected, 0, 0, SIZE.width))) places.push([x, y] as const);
    }
  }
  expect(places).toHaveLength(1);
  const [left, top] = places[0]!;
  for (let y = 0; y < SIZE.height; y++) {
    expect(rows(shared, left, top + y, SIZE.width).equals(rows(expected, 0, y, SIZE.width))).toBe(true);
  }
  await source.close();
});
