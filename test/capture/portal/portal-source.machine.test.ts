import { expect, test } from 'vitest';
import type { Rectangle } from '../../../source/core/rectangle.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { portalDesk } from './portal-desk.js';

const desk = portalDesk();
const { pixel } = desk;
const SMALL: Rectangle = { x: 40, y: 30, width: 20, height: 10 };

test('a screen that the person allows is shared exactly, with its damage', async () => {
  const producer = await desk.produce();
  const source = await desk.open();
  const what = 'the screen chosen on the desktop (320x200)';
  expect(source.describe()).toEqual({ kind: 'portal', description: what, why: 'asked for', width: 320, height: 200 });
  const watched = await desk.watch(source);
  const { events, incoming } = watched;
  expect(pixel(incoming, 319, 199)).toBe(0x223344);
  await desk.linked(producer, watched);
  for (let round = 1; round <= 5; round++) {
    producer.fill(SMALL, round * 0x10101);
    await producer.show([SMALL]);
    await events.until(() => events.damaged.length > 0);
    expect(events.take()).toContainEqual(SMALL);
    expect(await source.read([SMALL], incoming)).toBe(200);
    expect([pixel(incoming, 40, 30), pixel(incoming, 59, 39), pixel(incoming, 39, 30)]).toEqual([
      round * 0x10101,
      round * 0x10101,
      0x223344,
    ]);
  }
});

test('what a producer does not tell is found soon after, and only what is told costs anything before', async () => {
  const producer = await desk.produce();
  const source = await desk.open();
  const watched = await desk.watch(source);
  const { events, incoming } = watched;
  await desk.linked(producer, watched);
  producer.fill(incoming.bounds, 0xabcdef);
  await producer.show([SMALL]);
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toContainEqual(SMALL);
  expect(await source.read([SMALL], incoming)).toBe(200);
  expect([pixel(incoming, 50, 35), pixel(incoming, 0, 0)]).toEqual([0xabcdef, 0x223344]);
  await desk.shown(source, events, incoming, 0xabcdef);
});

test('without damage from the producer every frame is all damage; damage outside of the picture is clipped', async () => {
  const silent = await desk.produce({ tellsDamage: false });
  const { events, incoming } = await desk.watch(await desk.open());
  await silent.show([SMALL]);
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toEqual([incoming.bounds]);
  const wild = await desk.produce();
  const watched = await desk.watch(await desk.open({ target: { kind: 'window', window: 'any' } }));
  const { events: others } = watched;
  await desk.linked(wild, watched);
  await wild.show([
    { x: -5, y: -5, width: 15, height: 15 },
    { x: 310, y: 190, width: 100, height: 100 },
    { x: 5000, y: 0, width: 1, height: 1 },
  ]);
  await others.until(() => others.damaged.length > 1);
  expect(others.take()).toEqual(
    expect.arrayContaining([
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 310, y: 190, width: 10, height: 10 },
    ]),
  );
});

test('the pointer comes with its shape, moves without pixels, and hides', async () => {
  const producer = await desk.produce();
  const source = await desk.open();
  const watched = await desk.watch(source);
  const { events } = watched;
  await desk.linked(producer, watched);
  await producer.point({ x: 5, y: 6, shape: 0x80402010 });
  await events.until(() => events.cursors.length > 0);
  const { shape, ...place } = events.cursors.at(-1)!;
  expect(place).toEqual({ x: 5, y: 6 });
  expect(shape).toMatchObject({ width: 8, height: 8, hotspotX: 2, hotspotY: 3 });
  expect([...shape!.rgba.subarray(0, 4)]).toEqual([0x40, 0x20, 0x10, 0x80]);
  await producer.point({ x: 50, y: 60 });
  await events.until(() => events.cursors.at(-1)?.x === 50);
  expect(events.cursors.at(-1)!.shape!.serial).toBe(shape!.serial);
  await producer.point({ x: 50, y: 60, shape: 'hidden' });
  await events.until(() => events.cursors.at(-1)?.shape === null);
  expect(events.take()).toEqual([]);
});

test('a new resolution and a turned screen are followed', async () => {
  const producer = await desk.produce();
  const source = await desk.open();
  const watched = await desk.watch(source);
  const { events } = watched;
  await desk.linked(producer, watched);
  producer.resize({ width: 500, height: 300 });
  producer.fill({ x: 0, y: 0, width: 500, height: 300 }, 0x00112233);
  producer.fill({ x: 0, y: 0, width: 1, height: 1 }, 0x00ff0000);
  // The first frame of a new size counts as a whole, whatever is told of it.
  await producer.show([SMALL]);
  await events.until(() => events.sizes.length > 0 && events.damaged.length > 0);
  expect(events.sizes).toEqual([{ width: 500, height: 300 }]);
  expect(events.take()).toContainEqual({ x: 0, y: 0, width: 500, height: 300 });
  const wide = new Framebuffer(createPixelMemory(), { width: 500, height: 300 });
  expect(await source.read([wide.bounds], wide)).toBe(150_000);
  expect([pixel(wide, 0, 0), pixel(wide, 499, 299)]).toEqual([0xff0000, 0x112233]);
  // A reader that has the old size gets nothing.
  const old = new Framebuffer(createPixelMemory(), { width: 320, height: 200 });
  expect(await source.read([old.bounds], old)).toBe(0);
  producer.transform = 1;
  await producer.show([]);
  await events.until(() => events.sizes.length > 1 && events.damaged.length > 0);
  expect(source.describe()).toMatchObject({ width: 300, height: 500 });
  const tall = new Framebuffer(createPixelMemory(), { width: 300, height: 500 });
  expect(await source.read([tall.bounds], tall)).toBe(150_000);
  expect([pixel(tall, 299, 0), pixel(tall, 0, 0)]).toEqual([0xff0000, 0x112233]);
});

test('a region of the screen, in another pixel format', async () => {
  const producer = await desk.produce({ format: 'xBGR_210LE' });
  const region = { x: 30, y: 20, width: 100, height: 50 };
  producer.fill(region, (0x56 << 22) | (0x34 << 12) | (0x12 << 2));
  const source = await desk.open({ target: { kind: 'region', region } });
  expect(source.describe()).toMatchObject({
    width: 100,
    height: 50,
    description: expect.stringMatching(/^region at 30,20/),
  });
  const watched = await desk.watch(source);
  const { events, incoming } = watched;
  expect([pixel(incoming, 0, 0), pixel(incoming, 99, 49)]).toEqual([0x123456, 0x123456]);
  await desk.linked(producer, watched, { x: 30, y: 20, width: 1, height: 1 }, { x: 0, y: 0, width: 1, height: 1 });
  await producer.show([SMALL]);
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toContainEqual({ x: 10, y: 10, width: 20, height: 10 });
  await source.close();
  const outside = desk.open({ target: { kind: 'region', region: { ...region, x: 300 } } });
  await expect(outside).rejects.toMatchObject({ code: 'E_REGION' });
});

test('several monitors are one picture, in the place and size that each has', async () => {
  const left = await desk.produce();
  const right = await desk.produce({ width: 200, height: 100 });
  right.fill({ x: 0, y: 0, width: 200, height: 100 }, 0x00aa00);
  // The right one has a scale of 2.
  desk.portal.streams = [
    { node: left.node, x: 0, y: 0, size: [160, 100] },
    { node: right.node, x: 160, y: 0, size: [100, 50] },
  ];
  const source = desk.newSource({ target: { kind: 'all' } });
  await source.open();
  expect(source.describe()).toMatchObject({
    width: 520,
    height: 200,
    description: expect.stringMatching(/^2 screens/),
  });
  expect(desk.portal.selections.at(-1)).toMatchObject({ multiple: true });
  const watched = await desk.watch(source);
  const { events, incoming } = watched;
  expect([pixel(incoming, 0, 0), pixel(incoming, 320, 0), pixel(incoming, 519, 99), pixel(incoming, 519, 100)]).toEqual(
    [0x223344, 0x00aa00, 0x00aa00, 0],
  );
  await desk.linked(right, watched, undefined, { x: 320, y: 0, width: 1, height: 1 });
  right.fill({ x: 10, y: 10, width: 5, height: 5 }, 0x0000cc);
  await right.show([{ x: 10, y: 10, width: 5, height: 5 }]);
  await desk.shown(source, events, incoming, 0x0000cc, { x: 330, y: 10 });
});
