import { afterAll, beforeAll, expect, test } from 'vitest';
import { ScreenshotsSource } from '../../../source/capture/screenshots/screenshots-source.js';
import type { ShareTarget } from '../../../source/capture/share-target.js';
import { systemClock } from '../../../source/node/clock.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { RecordingEvents } from '../../helpers/recording-events.js';
import { noise, picture, samePicture } from '../../helpers/rgb-pictures.js';
import { XPainter } from '../../helpers/x-painter.js';
import { readDisplay, startXvfb, type XServer } from '../../helpers/xvfb.js';

const WIDTH = 401;
const HEIGHT = 307;
let server: XServer;
let painter: XPainter;
const before = process.env.DISPLAY;

beforeAll(async () => {
  server = await startXvfb({ width: WIDTH, height: HEIGHT });
  process.env.DISPLAY = server.display;
  painter = await XPainter.open(server.display);
});
afterAll(async () => {
  if (before === undefined) delete process.env.DISPLAY;
  else process.env.DISPLAY = before;
  await painter.close();
  await server.stop();
});

async function open(target: ShareTarget): Promise<ScreenshotsSource> {
  const source = new ScreenshotsSource({ target, display: server.display, why: 'asked for', clock: systemClock });
  await source.open();
  return source;
}

test('the screen is captured exactly, again and again while somebody watches', async () => {
  painter.drawImage(0, 0, WIDTH, HEIGHT, noise(WIDTH, HEIGHT));
  await painter.sync();
  const source = await open({ kind: 'monitor', number: 1 });
  const description = { kind: 'screenshots', description: `monitor screen (${WIDTH}x${HEIGHT})`, why: 'asked for' };
  expect(source.describe()).toEqual({ ...description, width: WIDTH, height: HEIGHT });
  const events = new RecordingEvents();
  source.start(events);
  const incoming = new Framebuffer(createPixelMemory(), { width: WIDTH, height: HEIGHT });
  for (let round = 0; round < 3; round++) {
    await events.until(() => events.damaged.length > 0);
    expect(events.take()).toEqual([incoming.bounds]);
    painter.drawImage(10, 20, 200, 100, noise(200, 100, round * 1000 + 1));
    await painter.sync();
    expect(await source.read([incoming.bounds], incoming)).toBe(WIDTH * HEIGHT);
    expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
  }
  source.stop();
  await source.close();
});

test('a region is captured exactly', async () => {
  const region = { x: 33, y: 44, width: 155, height: 66 };
  const source = await open({ kind: 'region', region });
  const incoming = new Framebuffer(createPixelMemory(), region);
  expect(await source.read([incoming.bounds], incoming)).toBe(155 * 66);
  expect(samePicture(picture(incoming), await readDisplay(server.display, region))).toBe(true);
  await source.close();
});

test.each([
  [{ kind: 'monitor', number: 2 }, 'E_NO_SUCH_MONITOR'],
  [{ kind: 'region', region: { x: 0, y: 0, width: 402, height: 10 } }, 'E_REGION'],
  [{ kind: 'window', window: 'nothing of the kind' }, 'E_NO_SUCH_WINDOW'],
] as const)('what is not there is named: %j', async (target, code) => {
  await expect(open(target)).rejects.toMatchObject({ code, remedy: expect.stringMatching(/./) });
});

test('the display of the process is the only one that can be shared', async () => {
  const source = new ScreenshotsSource({
    target: { kind: 'all' },
    display: ':12345',
    why: '',
    clock: systemClock,
  });
  await expect(source.open()).rejects.toMatchObject({ code: 'E_CAPTURE', remedy: expect.stringContaining(':12345') });
});
