import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { chooseScreen, targetsHere } from '../../../source/capture/choose.js';
import type { WaylandSource } from '../../../source/capture/wayland/wayland-source.js';
import { area, contains } from '../../../source/core/rectangle.js';
import { SharedMapping } from '../../../source/native/shared-mapping.js';
import { systemClock } from '../../../source/node/clock.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import type { RecordingEvents } from '../../helpers/recording-events.js';
import { picture, samePicture } from '../../helpers/rgb-pictures.js';
import { type Sway, startSway } from '../../helpers/sway.js';
import { WaylandPainter } from '../../helpers/wayland-painter.js';
import type { Picture } from '../../helpers/xvfb.js';
import { watchSource } from '../x11/watching.js';
import { closeSources, openSource } from './watching.js';

let sway: Sway;
let painter: WaylandPainter;

beforeAll(async () => {
  sway = await startSway(['640x480', '320x240']);
});
beforeEach(async () => {
  painter = await WaylandPainter.open(sway.environment);
  await painter.fill((x, y) => (x * 7 + y * 131_071) & 0xffffff);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await closeSources();
  await painter.stop();
  await sway.command('output HEADLESS-1 resolution 640x480 scale 1 transform normal');
});
afterAll(() => sway.stop());

const surroundings = () => ({ platform: 'linux', environment: sway.environment, clock: systemClock }) as const;

/** Reads what is reported until the picture is the expected one; returns the number of pixels read. */
async function follow(
  source: WaylandSource,
  events: RecordingEvents,
  incoming: Framebuffer,
  expected: () => Picture | Promise<Picture>,
): Promise<number> {
  let pixels = 0;
  while (!samePicture(picture(incoming), await expected())) {
    await Promise.race([events.until(() => events.damaged.length > 0), new Promise(look => setTimeout(look, 200))]);
    // From before the size changed, after which everything is damage.
    const damage = events.take().filter(each => contains(incoming.bounds, each));
    pixels += damage.reduce((sum, each) => sum + area(each), 0);
    await source.read(damage, incoming);
  }
  return pixels;
}

const shownOnFirst = () => sway.screenshot('HEADLESS-1');

test('a monitor is shared exactly, and small changes are read as such', async () => {
  const source = await openSource(sway.environment);
  const { events, incoming } = await watchSource(source);
  await follow(source, events, incoming, shownOnFirst);
  const shown = (await sway.screenshot('HEADLESS-1')).rgb;
  for (let round = 1; round < 12; round++) {
    const [x, y, colour] = [40 * round, 30 * round, 0x102030 * round];
    await painter.paint({ x, y, width: 100, height: 60 }, colour);
    for (let row = y; row < y + 60; row++) {
      for (let column = x; column < x + 100; column++) {
        shown.set([colour >> 16, colour >> 8, colour], (row * 640 + column) * 3);
      }
    }
    const pixels = await follow(source, events, incoming, () => ({ width: 640, height: 480, rgb: shown }));
    // The first report of the compositor's own counting is the whole picture.
    if (round > 1) expect(pixels).toBeLessThan(20_000);
  }
  expect(samePicture(picture(incoming), await sway.screenshot('HEADLESS-1'))).toBe(true);
});

test('without mapped memory the same is read from the file', async () => {
  const mapping = vi.spyOn(SharedMapping, 'of').mockReturnValue(null);
  const source = await openSource(sway.environment, { target: { kind: 'output', output: 'HEADLESS-1' } });
  const { events, incoming } = await watchSource(source);
  await follow(source, events, incoming, shownOnFirst);
  expect(mapping).toHaveBeenCalled();
});

test.each(['90', '180', '270', 'flipped', 'flipped-90', 'flipped-180', 'flipped-270'])(
  'a monitor that is turned by %s during the share is upright',
  async transform => {
    const source = await openSource(sway.environment);
    const { events, incoming } = await watchSource(source);
    const sideways = /90|270/.test(transform);
    await sway.command(`output HEADLESS-1 transform ${transform}`);
    await painter.untilSize(({ height }) => height === (sideways ? 640 : 480));
    await painter.fill((x, y) => (x * 7 + y * 131_071) & 0xffffff);
    if (sideways) await events.until(() => events.sizes.length > 0);
    await follow(source, events, new Framebuffer(incoming.memory, source.describe()), shownOnFirst);
  },
);

test('another resolution and scales of 1.5 and 2 are followed, in physical pixels', async () => {
  const source = await openSource(sway.environment);
  const { events, incoming } = await watchSource(source);
  await sway.command('output HEADLESS-1 resolution 600x300');
  await events.until(() => events.sizes.length > 0);
  expect(events.sizes.at(-1)).toEqual({ width: 600, height: 300 });
  for (const scale of [1.5, 2]) {
    await sway.command(`output HEADLESS-1 scale ${scale}`);
    await painter.untilSize(({ width }) => width === 600 / scale);
    await painter.fill((x, y) => (x * 7 + y * 131_071) & 0xffffff);
    const { monitors } = await targetsHere(null, surroundings());
    expect(monitors[0]).toEqual({
      number: 1,
      name: 'HEADLESS-1',
      primary: false,
      geometry: { x: 0, y: 0, width: 600, height: 300 },
      note: `scale ${scale}`,
    });
    const size = { width: 600, height: 300 };
    expect(await shownOnFirst()).toMatchObject(size);
    await follow(source, events, new Framebuffer(incoming.memory, size), shownOnFirst);
  }
});

test('both monitors are one picture', async () => {
  const source = await openSource(sway.environment, { target: { kind: 'all' } });
  expect(source.describe()).toMatchObject({ description: 'all 2 monitors (960x480)' });
  const other = await WaylandPainter.open(sway.environment, 'HEADLESS-2');
  await other.fill(0xaabbcc);
  const { events, incoming } = await watchSource(source);
  await follow(source, events, incoming, async () => {
    const rgb = new Uint8Array(960 * 480 * 3);
    for (const [output, x] of [['HEADLESS-1', 0] as const, ['HEADLESS-2', 640] as const]) {
      const { width, height, rgb: part } = await sway.screenshot(output);
      for (let y = 0; y < height; y++) rgb.set(part.subarray(y * width * 3, (y + 1) * width * 3), (y * 960 + x) * 3);
    }
    return { width: 960, height: 480, rgb };
  });
  await other.stop();
});

test('it is chosen where it works, with the reason; monitors are listed', async () => {
  // Newer ones have the other protocol.
  const why = expect.stringMatching(/^sway offers (wlr-screencopy, which paints the pointer|ext-image-copy-capture)/);
  expect(await chooseScreen('auto', null, surroundings())).toEqual({ kind: 'wayland', why });
  expect(await targetsHere(null, surroundings())).toMatchObject({
    kind: 'wayland',
    monitors: [{ name: 'HEADLESS-1' }, { name: 'HEADLESS-2', geometry: { x: 640, y: 0, width: 320, height: 240 } }],
  });
});

test('a monitor that is plugged in belongs to all of them', async () => {
  const source = await openSource(sway.environment, { target: { kind: 'all' } });
  const { events } = await watchSource(source);
  await sway.command('create_output');
  await events.until(() => events.sizes.length > 0 && events.damaged.length > 0);
  expect(source.describe().description).toMatch(/^all 3 monitors/);
});

test('a compositor that is killed ends the source', async () => {
  const mortal = await startSway(['200x100']);
  const source = await openSource(mortal.environment);
  const { events } = await watchSource(source);
  await mortal.stop();
  await events.until(() => events.errors.length > 0);
  expect(events.errors[0]).toMatchObject({ code: 'E_DISPLAY_DIED' });
});
