import { afterEach, expect, test } from 'vitest';
import { ReconnectingSource } from '../../../source/capture/reconnecting-source.js';
import { waylandTargets } from '../../../source/capture/wayland/targets.js';
import { WaylandSource } from '../../../source/capture/wayland/wayland-source.js';
import { area, contains, type Rectangle } from '../../../source/core/rectangle.js';
import { systemClock } from '../../../source/node/clock.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { FakeCompositor, type FakeOptions } from '../../helpers/fake-compositor.js';
import type { FakeOutput, Surface } from '../../helpers/fake-surfaces.js';
import type { RecordingEvents } from '../../helpers/recording-events.js';
import { picture, samePicture } from '../../helpers/rgb-pictures.js';
import { code } from '../../helpers/shm-pixels.js';
import { readWhole, watchSource } from '../x11/watching.js';
import { closeSources, colourAt, fastClock, openSource, painted } from './watching.js';

const started = stopAfterEach();
afterEach(closeSources);

const start = async (options: FakeOptions) => started(await FakeCompositor.start(options));
const gradient = (seed: number) => (x: number, y: number) =>
  ((x * 4 + seed) & 255) * 65_536 + ((y * 5) & 255) * 256 + x;

/** Waits until a value has stayed the same for this long, and returns it. @throws Error if it goes on changing */
async function unchangedFor(ms: number, read: () => number): Promise<number> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = read();
    await new Promise(resolve => setTimeout(resolve, ms));
    if (read() === before) return before;
  }
  throw new Error(`it goes on changing: ${read()}`);
}

/** Reads what is reported until the picture shows a surface, and returns the number of pixels read. */
async function follow(
  source: WaylandSource,
  events: RecordingEvents,
  incoming: Framebuffer,
  surface: Surface,
): Promise<number> {
  let pixels = 0;
  while (!samePicture(picture(incoming), painted(surface))) {
    await events.until(() => events.damaged.length > 0);
    // From before the size changed, after which everything is damage.
    const damage = events.take().filter(each => contains(incoming.bounds, each));
    pixels += damage.reduce((sum, each) => sum + area(each), 0);
    await source.read(damage, incoming);
  }
  return pixels;
}

test.each(['ext', 'wlr'] as const)('%s: the picture is exact, and changes are reported as they are', async protocol => {
  const compositor = await start({ protocol });
  const output = compositor.outputs[0]!;
  compositor.paint(output, output.whole, gradient(1));
  const source = await openSource(compositor.environment);
  expect(source.describe()).toEqual({
    kind: 'wayland',
    description: 'monitor FAKE-1 (64x48)',
    why: 'asked for',
    width: 64,
    height: 48,
  });
  const { events, incoming } = await watchSource(source);
  expect(samePicture(picture(incoming), painted(output))).toBe(true);
  // The first report of wlr-screencopy's own counting is the whole picture.
  if (protocol === 'wlr') await events.until(() => events.damaged.length > 0);
  await source.read(events.take(), incoming);
  for (let round = 0; round < 9; round++) {
    const change = { x: (round * 7) % 50, y: (round * 5) % 40, width: 3 + round, height: 4 };
    compositor.paint(output, change, gradient(round * 31));
    await events.until(() => events.damaged.length > 0);
    expect(events.damaged).toEqual([change]);
    expect(await follow(source, events, incoming, output)).toBe(area(change));
  }
});

test('what is painted while nobody reads is neither lost nor captured all the time', async () => {
  const compositor = await start({ protocol: 'ext' });
  const output = compositor.outputs[0]!;
  const source = await openSource(compositor.environment);
  const { events, incoming } = await watchSource(source);
  const captures = () => compositor.requests.filter(each => each.endsWith('.capture')).length;
  const before = captures();
  const began = performance.now();
  for (let round = 0; round < 40; round++) {
    compositor.paint(output, { x: round, y: round, width: 5, height: 5 }, gradient(round));
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  // 40 changes in 200 ms or more: at most every 33 ms after the first ones.
  expect(captures() - before).toBeLessThan((performance.now() - began) / 33 + 14);
  await follow(source, events, incoming, output);
});

test('a still screen and a source without viewers cost the compositor nothing', async () => {
  const compositor = await start({ protocol: 'ext', seat: true });
  const source = await openSource(compositor.environment);
  await watchSource(source);
  const requests = () => compositor.requests.length;
  await unchangedFor(300, requests);
  source.stop();
  const stopped = await unchangedFor(50, requests);
  const output = compositor.outputs[0]!;
  compositor.paint(output, output.whole, 0x123456);
  await new Promise(resolve => setTimeout(resolve, 200));
  expect(compositor.requests.length).toBe(stopped);
  expect(samePicture(picture((await watchSource(source)).incoming), painted(output))).toBe(true);
});

test.each(['XR24', 'XB24', 'AB24', 'RX24', 'BX24', 'XR30', 'XB30', 'RG24', 'BG24'])(
  'pictures in %s are exact',
  async name => {
    for (const protocol of ['ext', 'wlr'] as const) {
      const compositor = await start({ protocol });
      const output = compositor.outputs[0]!;
      output.formats = [name === 'XR24' ? 1 : code(name)];
      compositor.paint(output, output.whole, gradient(77));
      const { events, incoming } = await watchSource(await openSource(compositor.environment));
      expect(samePicture(picture(incoming), painted(output))).toBe(true);
      expect(events.errors).toEqual([]);
    }
  },
);

test.each(['ext', 'wlr'] as const)('%s: formats that cannot be read are refused by name', async protocol => {
  const compositor = await start({ protocol });
  compositor.outputs[0]!.formats = [code('RG16'), code('NV12')];
  await expect(openSource(compositor.environment)).rejects.toMatchObject({
    code: 'E_WAYLAND_FORMAT',
    message: expect.stringContaining('RG16, NV12'),
  });
});

test.each([1, 2, 3, 4, 5, 6, 7])(
  'a monitor with transform %i is upright, also when it is turned later',
  async transform => {
    for (const protocol of ['ext', 'wlr'] as const) {
      const compositor = await start({ protocol });
      const output = compositor.outputs[0]!;
      compositor.paint(output, { x: 0, y: 0, width: 10, height: 4 }, 0xff0000);
      output.transform = transform;
      const source = await openSource(compositor.environment);
      const sideways = transform % 2 === 1;
      const size = sideways ? { width: 48, height: 64 } : { width: 64, height: 48 };
      expect(source.describe()).toMatchObject(size);
      const { events, incoming } = await watchSource(source);
      // Where the marked corner is; turn.test.ts has the pixels in between.
      const right = [1, 2, 4, 7].includes(transform);
      const bottom = [2, 3, 6, 7].includes(transform);
      const corner = [right ? size.width - 1 : 0, bottom ? size.height - 1 : 0] as const;
      expect(colourAt(incoming, ...corner)).toBe(0xff0000);
      expect(picture(incoming).rgb.filter(each => each === 255).length).toBe(40);

      output.transform = 0;
      compositor.changed(output);
      compositor.damage(output, output.whole);
      if (sideways) await events.until(() => events.sizes.length > 0);
      const upright = new Framebuffer(incoming.memory, output);
      await follow(source, events, upright, output);
    }
  },
);

test('the pointer is reported with its shape, on whichever monitor it is', async () => {
  const compositor = await start({
    protocol: 'ext',
    seat: true,
    outputs: [
      { width: 64, height: 48 },
      { width: 40, height: 30, x: 64 },
    ],
  });
  const [left, right] = compositor.outputs as [FakeOutput, FakeOutput];
  compositor.paint(compositor.pointerImage, { x: 0, y: 0, width: 8, height: 6 }, 0x2040f0);
  compositor.pointerImage.pixels[0] = 0x8000_4000;
  const source = await openSource(compositor.environment, { target: { kind: 'all' } });
  const { events } = await watchSource(source);
  compositor.point({ over: left, x: 10, y: 20, hotspotX: 2, hotspotY: 3 });
  await events.until(() => events.cursors.at(-1)?.shape?.hotspotX === 2);
  const first = events.cursors.at(-1)!;
  expect(first).toMatchObject({ x: 10, y: 20, shape: { width: 8, height: 6, hotspotX: 2, hotspotY: 3 } });
  expect([...first.shape!.rgba.subarray(0, 8)]).toEqual([0, 0x40, 0, 0x80, 0x20, 0x40, 0xf0, 0xff]);

  compositor.point({ over: right, x: 5, y: 6, hotspotX: 2, hotspotY: 3 });
  await events.until(() => events.cursors.at(-1)?.x === 69);
  expect(events.cursors.at(-1)).toMatchObject({ y: 6, shape: { width: 8 } });

  // The same picture once more is not another shape.
  const shapes = () => new Set(events.cursors.map(({ shape }) => shape?.serial)).size;
  const known = shapes();
  compositor.damage(compositor.pointerImage, compositor.pointerImage.whole);
  compositor.point({ over: right, x: 6, y: 6, hotspotX: 2, hotspotY: 3 });
  await events.until(() => events.cursors.at(-1)?.x === 70);
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(shapes()).toBe(known);

  compositor.resize(compositor.pointerImage, { width: 3, height: 3 });
  compositor.paint(compositor.pointerImage, { x: 0, y: 0, width: 3, height: 3 }, 0xffffff);
  await events.until(() => events.cursors.at(-1)?.shape?.width === 3);
  expect(events.cursors.at(-1)!.shape!.serial).not.toBe(first.shape!.serial);

  compositor.point(null);
  await events.until(() => events.cursors.at(-1)?.shape === null);
});

test('single windows are listed and shared, resized, and missed when they are closed', async () => {
  const compositor = await start({ protocol: 'ext' });
  const editor = compositor.openWindow('Editor \u001b[2J', 'id-1', { width: 30, height: 20 });
  compositor.openWindow('Terminal', 'id-2', { width: 10, height: 10 });
  compositor.paint(editor, editor.whole, gradient(5));
  expect((await waylandTargets(compositor.environment, systemClock)).windows).toEqual([
    { id: 'id-1', title: 'Editor [2J', geometry: null },
    { id: 'id-2', title: 'Terminal', geometry: null },
  ]);
  const missing = openSource(compositor.environment, { target: { kind: 'window', window: 'Browser' } });
  await expect(missing).rejects.toMatchObject({ code: 'E_NO_SUCH_WINDOW' });

  const source = await openSource(compositor.environment, { target: { kind: 'window', window: 'editor' } });
  expect(source.describe()).toMatchObject({ description: 'window "Editor [2J" (30x20)', width: 30, height: 20 });
  const { events, incoming } = await watchSource(source);
  expect(samePicture(picture(incoming), painted(editor))).toBe(true);

  compositor.resize(editor, { width: 50, height: 10 });
  compositor.paint(editor, editor.whole, gradient(9));
  await events.until(() => events.sizes.length > 0);
  expect(events.sizes).toEqual([{ width: 50, height: 10 }]);
  await events.until(() => events.damaged.length > 0);
  expect(samePicture(picture(await readWhole(source)), painted(editor))).toBe(true);

  compositor.closeWindow(editor);
  await events.until(() => events.lost !== null);
  expect(events.news.at(-1)).toMatchObject({
    error: { code: 'E_SOURCE_GONE', message: 'The window "Editor [2J" was closed.' },
  });
  expect(await source.read([{ x: 0, y: 0, width: 1, height: 1 }], incoming)).toBe(0);
});

test('a compositor with wlr-screencopy alone shares no single windows, and says what to do', async () => {
  const compositor = await start({ protocol: 'wlr' });
  const opening = openSource(compositor.environment, { target: { kind: 'window', window: 'x' } });
  await expect(opening).rejects.toMatchObject({ code: 'E_WAYLAND', remedy: expect.stringContaining('--region') });
});

const TWO = [
  { name: 'LEFT', width: 64, height: 48 },
  { name: 'RIGHT', width: 40, height: 30, x: 64 },
] as const;

test('all monitors are one picture in physical pixels, black where there is none', async () => {
  const compositor = await start({ protocol: 'ext', outputs: TWO });
  const [left, right] = compositor.outputs as [FakeOutput, FakeOutput];
  left.scale = 2;
  right.x = 32;
  compositor.paint(left, left.whole, 0xff0000);
  compositor.paint(right, right.whole, 0x00ff00);
  const { monitors } = await waylandTargets(compositor.environment, systemClock);
  expect(monitors).toEqual([
    { number: 1, name: 'LEFT', primary: false, geometry: { x: 0, y: 0, width: 64, height: 48 }, note: 'scale 2' },
    { number: 2, name: 'RIGHT', primary: false, geometry: { x: 64, y: 0, width: 40, height: 30 } },
  ]);
  const source = await openSource(compositor.environment, { target: { kind: 'all' } });
  expect(source.describe()).toMatchObject({ description: 'all 2 monitors (104x48)', width: 104, height: 48 });
  const { incoming } = await watchSource(source);
  expect([colourAt(incoming, 63, 47), colourAt(incoming, 64, 29), colourAt(incoming, 64, 30)]).toEqual([
    0xff0000, 0x00ff00, 0,
  ]);
});

test('a region over two monitors is read from both, and damage outside of it does not count', async () => {
  const compositor = await start({ protocol: 'wlr', outputs: TWO });
  const [left, right] = compositor.outputs as [FakeOutput, FakeOutput];
  compositor.paint(left, left.whole, gradient(1));
  compositor.paint(right, right.whole, 0x00ff00);
  const region = { x: 54, y: 10, width: 20, height: 10 };
  const source = await openSource(compositor.environment, { target: { kind: 'region', region } });
  const { events, incoming } = await watchSource(source);
  expect(colourAt(incoming, 9, 0)).toBe(gradient(1)(63, 10) & 0xffffff);
  expect(colourAt(incoming, 10, 9)).toBe(0x00ff00);
  await events.until(() => events.damaged.length > 0);
  await source.read(events.take(), incoming);
  compositor.paint(left, { x: 0, y: 0, width: 5, height: 5 }, 0xffffff);
  compositor.paint(left, { x: 50, y: 5, width: 10, height: 10 }, 0xffffff);
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toEqual([{ x: 0, y: 0, width: 6, height: 5 }]);
  const tooLarge = openSource(compositor.environment, { target: { kind: 'region', region: { ...region, width: 60 } } });
  await expect(tooLarge).rejects.toMatchObject({ code: 'E_REGION' });
});

test.each(['ext', 'wlr'] as const)('%s: a monitor that is unplugged is missed, and found again', async protocol => {
  const compositor = await start({ protocol, outputs: TWO });
  const right = compositor.outputs[1]!;
  const source = await openSource(compositor.environment, { target: { kind: 'output', output: 'RIGHT' } });
  const { events } = await watchSource(source);
  compositor.unplug(right);
  await events.until(() => events.lost !== null);
  expect(events.lost).toBe('E_SOURCE_GONE');
  // Another one takes its place, not its name.
  compositor.plug('OTHER', { width: 40, height: 30 }, { x: 64, y: 0 });
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(events.lost).toBe('E_SOURCE_GONE');
  events.take();
  const again = compositor.plug('RIGHT', { width: 40, height: 30 }, { x: 104, y: 0 });
  compositor.paint(again, again.whole, 0x0000ff);
  await events.until(() => events.lost === null);
  await events.until(() => events.damaged.length > 0);
  expect(colourAt(await readWhole(source), 39, 29)).toBe(0x0000ff);
});

test('one more monitor belongs to all of them, and is told', async () => {
  const compositor = await start({ protocol: 'ext' });
  const source = await openSource(compositor.environment, { target: { kind: 'all' } });
  const { events } = await watchSource(source);
  const more = compositor.plug('MORE', { width: 20, height: 60 }, { x: 64, y: 0 });
  compositor.paint(more, more.whole, 0x334455);
  await events.until(() => events.sizes.length > 0 && events.damaged.length > 0);
  expect(events.sizes.at(-1)).toEqual({ width: 84, height: 60 });
  expect(events.news).toContainEqual({ kind: 'changed', text: 'all 2 monitors (84x60): FAKE-1, MORE' });
  const incoming = await readWhole(source);
  expect([colourAt(incoming, 64, 59), colourAt(incoming, 0, 59)]).toEqual([0x334455, 0]);
});

test.each(['ext', 'wlr'] as const)('%s: another resolution and another scale are followed', async protocol => {
  const compositor = await start({ protocol });
  const output = compositor.outputs[0]!;
  const source = await openSource(compositor.environment);
  const { events } = await watchSource(source);
  compositor.resize(output, { width: 90, height: 20 });
  compositor.paint(output, output.whole, gradient(3));
  await events.until(() => events.sizes.length > 0);
  expect(events.sizes.at(-1)).toEqual({ width: 90, height: 20 });
  events.take();
  output.scale = 1.5;
  compositor.changed(output);
  compositor.paint(output, output.whole, gradient(4));
  await events.until(() => events.damaged.length > 0);
  let incoming = await readWhole(source);
  while (!samePicture(picture(incoming), painted(output))) {
    events.take();
    await events.until(() => events.damaged.length > 0);
    incoming = await readWhole(source);
  }
  expect(source.describe()).toMatchObject({ width: 90, height: 20 });
});

test('another resolution that is told while a capture waits in the old one is followed', async () => {
  const compositor = await start({ protocol: 'wlr' });
  const output = compositor.outputs[0]!;
  const source = await openSource(compositor.environment);
  const { events, incoming } = await watchSource(source);
  await events.until(() => events.damaged.length > 0);
  await source.read(events.take(), incoming);
  const captures = () => compositor.requests.filter(each => /copy_with_damage|capture_output$/.test(each)).length;
  while (captures() < 6) await new Promise(resolve => setTimeout(resolve, 5));
  compositor.beforeOffer = () => {
    compositor.beforeOffer = null;
    output.resize({ width: 50, height: 70 });
  };
  compositor.paint(output, { x: 0, y: 0, width: 5, height: 5 }, 0x123456);
  await events.until(() => events.sizes.length > 0);
  events.take();
  await events.until(() => events.damaged.length > 0);
  expect(samePicture(picture(await readWhole(source)), painted(output))).toBe(true);
});

test('damage outside of the picture is clipped', async () => {
  const compositor = await start({ protocol: 'ext' });
  const output = compositor.outputs[0]!;
  const source = await openSource(compositor.environment);
  const { events, incoming } = await watchSource(source);
  const odd: [Rectangle, Rectangle | null][] = [
    [
      { x: 60, y: 40, width: 1000, height: 2_000_000_000 },
      { x: 60, y: 40, width: 4, height: 8 },
    ],
    [
      { x: -5, y: -5, width: 7, height: 6 },
      { x: 0, y: 0, width: 2, height: 1 },
    ],
  ];
  for (const [told, inside] of odd) {
    compositor.damage(output, told);
    await events.until(() => events.damaged.length > 0);
    expect(events.damaged).toEqual([inside]);
    await source.read(events.take(), incoming);
  }
  // Nothing of it is inside: the next change is still captured.
  compositor.damage(output, { x: 500, y: 500, width: 10, height: 10 });
  await new Promise(resolve => setTimeout(resolve, 20));
  compositor.paint(output, { x: 1, y: 1, width: 2, height: 2 }, 0xabcdef);
  await follow(source, events, incoming, output);
});

test('a monitor that is switched off is told, and shared again when it is on', async () => {
  const compositor = await start({ protocol: 'ext' });
  const output = compositor.outputs[0]!;
  const source = await openSource(compositor.environment);
  const { events } = await watchSource(source);
  compositor.switchOff(output, true);
  await events.until(() => events.lost !== null);
  expect(events.news.at(-1)).toMatchObject({
    error: { code: 'E_SOURCE_HIDDEN', message: 'Monitor FAKE-1 is switched off or suspended.' },
  });
  events.take();
  compositor.switchOff(output, false);
  compositor.paint(output, output.whole, 0x102030);
  await events.until(() => events.lost === null && events.damaged.length > 0);
  expect(colourAt(await readWhole(source), 0, 0)).toBe(0x102030);
});

test('a compositor that hangs is told, and shared again when it answers', async () => {
  const compositor = await start({ protocol: 'ext' });
  const output = compositor.outputs[0]!;
  const source = await openSource(compositor.environment, { clock: fastClock(25) });
  const { events } = await watchSource(source);
  compositor.hang();
  await events.until(() => events.lost !== null);
  expect(events.news.at(-1)).toMatchObject({
    error: { code: 'E_DISPLAY_HUNG', message: expect.stringContaining('for 5 s') },
  });
  const opening = openSource(compositor.environment, { clock: fastClock(25) });
  await expect(opening).rejects.toMatchObject({ code: 'E_DISPLAY_HUNG' });
  events.take();
  compositor.resume();
  await events.until(() => events.lost === null && events.damaged.length > 0);
  compositor.paint(output, output.whole, 0x445566);
  await events.until(() => events.damaged.length > 1);
  expect(colourAt(await readWhole(source), 5, 5)).toBe(0x445566);
});

test('a compositor that ends ends the source; a share of monitors waits for the next one', async () => {
  const compositor = await start({ protocol: 'ext', outputs: TWO });
  const { environment } = compositor;
  const plain = await openSource(environment);
  const { events } = await watchSource(plain);
  const options = { target: { kind: 'output', output: 'RIGHT' }, why: '', environment, clock: fastClock(25) } as const;
  const waiting = new ReconnectingSource(
    part => new WaylandSource({ ...options, part }),
    'a compositor',
    fastClock(25),
  );
  await waiting.open();
  const { events: kept } = await watchSource(waiting);
  compositor.cut();
  await events.until(() => events.errors.length > 0);
  expect(events.errors[0]).toMatchObject({ code: 'E_DISPLAY_DIED' });
  await kept.until(() => kept.news.length > 1 && kept.lost === null);
  expect(kept.errors).toEqual([]);
  kept.take();
  compositor.paint(compositor.outputs[1]!, { x: 0, y: 0, width: 3, height: 3 }, 0x667788);
  await kept.until(() => kept.damaged.length > 0);
  expect(waiting.describe()).toMatchObject({ description: 'monitor RIGHT (40x30)' });
  await waiting.close();
});

test('whether the pointer is painted in can be changed', async () => {
  const compositor = await start({ protocol: 'wlr' });
  const source = await openSource(compositor.environment);
  const { events } = await watchSource(source);
  source.paintPointer(false);
  await events.until(() => events.damaged.length > 0);
  expect(await readWhole(source)).toBeDefined();
});

test('a compositor without any such protocol says what to do, and still lists its monitors', async () => {
  const compositor = await start({ protocol: 'none', outputs: TWO });
  await expect(openSource(compositor.environment)).rejects.toMatchObject({
    code: 'E_WAYLAND',
    remedy: expect.stringContaining('--source portal'),
  });
  const { monitors } = await waylandTargets(compositor.environment, systemClock);
  expect(monitors.map(({ name }) => name)).toEqual(['LEFT', 'RIGHT']);
});

test('where nothing listens, or no folder is named, the error says so', async () => {
  const nowhere = { WAYLAND_DISPLAY: 'wayland-7', XDG_RUNTIME_DIR: '/nonexistent' };
  await expect(openSource(nowhere)).rejects.toMatchObject({ code: 'E_DISPLAY_CONNECT' });
  await expect(openSource({ WAYLAND_DISPLAY: 'wayland-7' })).rejects.toMatchObject({ code: 'E_NO_DISPLAY' });
});

test('a compositor that sends damaged messages neither crashes nor hangs the share', async () => {
  const compositor = await start({ protocol: 'ext', seat: true });
  let state = 12_345;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < 40; round++) {
    const source = await openSource(compositor.environment, { clock: fastClock(10) });
    const { events } = await watchSource(source);
    const client = compositor.clients.at(-1)!;
    // Messages to existing objects with any opcode, size and content.
    for (let count = 0; count < 20; count++) {
      const words = random(8);
      const bytes = Buffer.alloc(8 + words * 4);
      for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
      bytes.writeUInt32LE(1 + random(40), 0);
      const size = random(4) === 0 ? random(65_536) : bytes.length;
      bytes.writeUInt32LE(((size << 16) | random(8)) >>> 0, 4);
      client.write(bytes);
    }
    client.close();
    await events.until(() => events.errors.length > 0);
    expect(['E_WAYLAND', 'E_DISPLAY_DIED', 'E_CAPTURE', 'E_WAYLAND_FORMAT']).toContain(events.errors[0]!.code);
    await closeSources();
  }
});
