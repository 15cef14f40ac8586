import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { TmpfsProvider } from '../../../source/capture/x11/tmpfs-provider.js';
import type { X11SourceOptions } from '../../../source/capture/x11/x11-source.js';
import { area, contains, type Rectangle } from '../../../source/core/rectangle.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { noise, picture, samePicture } from '../../helpers/rgb-pictures.js';
import { XPainter } from '../../helpers/x-painter.js';
import { readDisplay, startXvfb, type XServer } from '../../helpers/xvfb.js';
import { closeSources, openSource, watchSource } from './watching.js';

const WIDTH = 640;
const HEIGHT = 480;
let server: XServer;
let painter: XPainter;

beforeAll(async () => {
  server = await startXvfb({ width: WIDTH, height: HEIGHT });
  painter = await XPainter.open(server.display);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await closeSources();
});
afterAll(async () => {
  await painter.close();
  await server.stop();
});

const open = (options: Partial<X11SourceOptions> = {}) => openSource(server.display, options);
const covered = (place: Rectangle) => (damaged: Rectangle) => contains(damaged, place);

test.each([true, false])('the whole screen is read exactly (shared memory: %s)', async sharedMemory => {
  painter.drawImage(0, 0, WIDTH, HEIGHT, noise(WIDTH, HEIGHT));
  await painter.sync();
  const source = await open({ sharedMemory });
  expect(source.describe()).toEqual({
    kind: 'x11',
    description: `monitor screen (${WIDTH}x${HEIGHT})`,
    why: 'asked for',
    width: WIDTH,
    height: HEIGHT,
  });
  const { incoming } = await watchSource(source);
  expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
});

/** Files of shared memory that this process has open. */
function openSegments(): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('/memfd:peerglass');
    } catch {
      return false;
    }
  }).length;
}

test('whole screens are read straight into each picture, parts as well, and the memory goes with the picture', async () => {
  const none = openSegments();
  const source = await open();
  const { incoming } = await watchSource(source);
  const { memory } = incoming;
  const other = new Framebuffer(memory, incoming);
  const all = [incoming.bounds];
  const part = { x: 5, y: 300, width: 40, height: 30 };
  for (const round of [1, 2, 3]) {
    for (const target of [incoming, other]) {
      painter.drawImage(0, 0, WIDTH, HEIGHT, noise(WIDTH, HEIGHT, round * (target === other ? 10 : 1)));
      await painter.sync();
      await source.read(all, target);
      expect(samePicture(picture(target), await readDisplay(server.display))).toBe(true);
      painter.fill(part, 0x123456 + round);
      await painter.sync();
      await source.read([part, { x: 0, y: 20, width: WIDTH, height: 4 }], target);
      expect(samePicture(picture(target), await readDisplay(server.display))).toBe(true);
    }
    // As a commit of a whole picture does it.
    incoming.exchange(other);
  }
  // One for parts, and one in the place of each picture.
  expect(openSegments() - none).toBe(3);
  other.free();
  await expect.poll(() => openSegments() - none).toBe(2);
  await source.close();
  await expect.poll(openSegments).toBe(none);
  expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
});

test.each(['no room for another segment', 'no way to map memory'])(
  'whole screens are read by way of one segment where there is %s',
  async why => {
    const create = TmpfsProvider.prototype.create;
    const sizes: number[] = [];
    vi.spyOn(TmpfsProvider.prototype, 'create').mockImplementation(function (this: TmpfsProvider, size: number) {
      sizes.push(size);
      // The first one is a trial, the second the one for parts.
      if (why.startsWith('no room') && sizes.length > 2) throw new Error('ENOSPC');
      return create.call(this, size);
    });
    if (why.startsWith('no way')) vi.spyOn(TmpfsProvider.prototype, 'overlay').mockReturnValue(null);
    const none = openSegments();
    const source = await open();
    const { incoming } = await watchSource(source);
    for (const seed of [1, 2]) {
      painter.drawImage(0, 0, WIDTH, HEIGHT, noise(WIDTH, HEIGHT, seed));
      await painter.sync();
      await source.read([incoming.bounds], incoming);
      expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
    }
    // It is tried once, and what was made for it is gone.
    expect(sizes).toHaveLength(3);
    await expect.poll(() => openSegments() - none).toBe(1);
  },
);

const FEW = [
  { x: 0, y: 0, width: 1, height: 1 },
  { x: 17, y: 31, width: 101, height: 57 },
  { x: 0, y: 200, width: WIDTH, height: 10 },
  { x: WIDTH - 3, y: HEIGHT - 2, width: 3, height: 2 },
];
/** So many, and so close to each other, that they are read together with what lies between them. */
const MANY = Array.from({ length: 40 }, (_, i) => ({ x: 30 + (i % 8) * 9, y: 40 + (i >> 3) * 9, width: 5, height: 4 }));

test.each([
  [FEW, true],
  [FEW, false],
  [MANY, true],
  [MANY, false],
])(
  'parts are read to their places and nothing else is touched (%j, shared memory: %s)',
  async (parts, sharedMemory) => {
    const source = await open({ sharedMemory });
    const { incoming } = await watchSource(source);
    painter.drawImage(0, 0, WIDTH, HEIGHT, noise(WIDTH, HEIGHT, 77));
    await painter.sync();
    incoming.bytes().fill(0);
    expect(await source.read(parts, incoming)).toBeGreaterThanOrEqual(parts.reduce((sum, part) => sum + area(part), 0));
    const read = picture(incoming);
    const screen = await readDisplay(server.display);
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const inside = parts.some(part => contains(part, { x, y, width: 1, height: 1 }));
        const place = (y * WIDTH + x) * 3;
        for (let channel = place; channel < place + 3; channel++) {
          if (read.rgb[channel] !== (inside ? screen.rgb[channel] : 0)) throw new Error(`wrong pixel at ${x}, ${y}`);
        }
      }
    }
  },
);

test('two small changes in opposite corners are reported and read apart', async () => {
  const source = await open();
  const { events, incoming } = await watchSource(source);
  const corners = [
    { x: 0, y: 0, width: 10, height: 10 },
    { x: WIDTH - 10, y: HEIGHT - 10, width: 10, height: 10 },
  ];
  for (const corner of corners) painter.fill(corner, 0x123456);
  await painter.sync();
  await events.until(() => corners.every(corner => events.damaged.some(covered(corner))));
  const damage = events.take();
  const pixels = await source.read(damage, incoming);
  expect(pixels).toBeLessThan(20_000);
  expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
});

test('every change is found, however many are drawn', async () => {
  const source = await open();
  const { events, incoming } = await watchSource(source);
  for (let round = 0; round < 30; round++) {
    for (let stroke = 0; stroke < 20; stroke++) {
      const x = (round * 37 + stroke * 91) % (WIDTH - 40);
      const y = (round * 53 + stroke * 17) % (HEIGHT - 40);
      painter.fill({ x, y, width: 1 + (stroke % 40), height: 1 + (round % 40) }, (round * 65_793 + stroke) & 0xffffff);
    }
    painter.scroll({ x: 50, y: 100, width: 300, height: 200 }, 3, -7);
    await painter.sync();
    const damage = events.take();
    if (damage.length > 0) await source.read(damage, incoming);
  }
  painter.fill({ x: 600, y: 0, width: 7, height: 7 }, 0xabcdef);
  await painter.sync();
  await events.until(() => events.damaged.some(covered({ x: 600, y: 0, width: 7, height: 7 })));
  await source.read(events.take(), incoming);
  expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
});

test('a small change is read by two requests in one write', async () => {
  const source = await open();
  const { events, incoming } = await watchSource(source);
  const change = { x: 40, y: 50, width: 10, height: 20 };
  const before = source.traffic.requests;
  painter.fill(change, 0x445566);
  await events.until(() => events.damaged.some(covered(change)));
  expect(events.take()).toEqual([change]);
  await source.read([change], incoming);
  // The resting pointer may have been looked at once.
  expect(source.traffic.requests - before).toBeLessThanOrEqual(3);
  expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
});

test('what is drawn during a read is read or reported again, never lost', async () => {
  const source = await open();
  const { events, incoming } = await watchSource(source);
  let strokes = 0;
  const draw = () => {
    for (let count = 0; count < 7; count++, strokes++) {
      const x = (strokes * 53) % (WIDTH - 60);
      const y = (strokes * 29) % (HEIGHT - 60);
      painter.fill({ x, y, width: 1 + (strokes % 60), height: 1 + (strokes % 9) }, (strokes * 7919) & 0xffffff);
    }
  };
  for (let round = 0; round < 200; round++) {
    draw();
    const damage = events.take();
    const reading = damage.length > 0 ? source.read(damage, incoming) : Promise.resolve(0);
    draw();
    await reading;
    if (round % 10 === 0) await painter.sync();
  }
  painter.fill({ x: 0, y: HEIGHT - 1, width: 1, height: 1 }, 0xfedcba);
  await events.until(() => events.damaged.some(covered({ x: 0, y: HEIGHT - 1, width: 1, height: 1 })));
  await source.read(events.take(), incoming);
  expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
});

test('a great many unread changes are reported together, and none is lost', async () => {
  const source = await open();
  const { events, incoming } = await watchSource(source);
  const scatter = () => {
    for (let y = 0; y < HEIGHT; y += 10) {
      for (let x = 0; x < WIDTH; x += 10) painter.fill({ x, y, width: 1, height: 1 }, (x * 31 + y) & 0xffffff);
    }
  };
  const whole = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
  for (let round = 0; round < 2; round++) {
    scatter();
    await painter.sync();
    await events.until(() => events.damaged.some(covered(whole)));
    expect(events.damaged.length).toBeLessThan(700);
    await source.read(events.take(), incoming);
    expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
    const after = { x: 333, y: 222, width: 5 + round, height: 5 };
    painter.fill(after, 0x102030);
    await events.until(() => events.damaged.some(covered(after)));
    await source.read(events.take(), incoming);
  }
  expect(samePicture(picture(incoming), await readDisplay(server.display))).toBe(true);
});

test('a still screen is not read and a stopped source asks the server nothing', async () => {
  const source = await open();
  const { events } = await watchSource(source);
  const [started, began] = [source.traffic.requests, performance.now()];
  await new Promise(resolve => setTimeout(resolve, 300));
  // The resting pointer is queried twice a second; a request has at most a few dozen bytes.
  expect(source.traffic.requests - started).toBeLessThan(6 + (performance.now() - began) / 100);
  expect(events.take()).toEqual([]);

  source.stop();
  await new Promise(resolve => setTimeout(resolve, 20));
  const stopped = source.traffic;
  painter.fill({ x: 0, y: 0, width: 100, height: 100 }, 0x777777);
  await painter.sync();
  await new Promise(resolve => setTimeout(resolve, 1_200));
  expect(source.traffic).toEqual(stopped);
  expect(events.take()).toEqual([]);

  const again = await watchSource(source);
  expect(samePicture(picture(again.incoming), await readDisplay(server.display))).toBe(true);
});

test('a region is read from its place, and damage outside of it does not count', async () => {
  const region = { x: 100, y: 50, width: 200, height: 120 };
  const source = await open({ target: { kind: 'region', region } });
  expect(source.describe()).toMatchObject({ description: 'region at 100,50 (200x120)', width: 200, height: 120 });
  const { events, incoming } = await watchSource(source);
  expect(samePicture(picture(incoming), await readDisplay(server.display, region))).toBe(true);
  painter.fill({ x: 0, y: 0, width: 90, height: 40 }, 0x010203);
  painter.fill({ x: 90, y: 60, width: 20, height: 10 }, 0x040506);
  await painter.sync();
  await events.until(() => events.damaged.length > 0);
  const damage = events.take();
  expect(damage).toEqual([{ x: 0, y: 10, width: 10, height: 10 }]);
  await source.read(damage, incoming);
  expect(samePicture(picture(incoming), await readDisplay(server.display, region))).toBe(true);
});

test('all monitors are the whole screen', async () => {
  const source = await open({ target: { kind: 'all' } });
  expect(source.describe()).toMatchObject({ width: WIDTH, height: HEIGHT });
});

test.each([
  [{ kind: 'region', region: { x: 600, y: 0, width: 100, height: 10 } }, 'E_REGION'],
  [{ kind: 'region', region: { x: -1, y: 0, width: 10, height: 10 } }, 'E_REGION'],
  [{ kind: 'region', region: { x: 0, y: 0, width: 0, height: 10 } }, 'E_REGION'],
  [{ kind: 'region', region: { x: 0, y: 0, width: 10, height: 481 } }, 'E_REGION'],
  [{ kind: 'monitor', number: 2 }, 'E_NO_SUCH_MONITOR'],
  [{ kind: 'monitor', number: 0 }, 'E_NO_SUCH_MONITOR'],
  [{ kind: 'window', window: '0x12345678' }, 'E_NO_SUCH_WINDOW'],
  [{ kind: 'window', window: 'no such title' }, 'E_NO_SUCH_WINDOW'],
] as const)('what is not there is named: %j', async (target, code) => {
  await expect(open({ target })).rejects.toMatchObject({ code, remedy: expect.stringMatching(/./) });
});
