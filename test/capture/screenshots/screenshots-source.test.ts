import { expect, test } from 'vitest';
import { ScreenshotsSource } from '../../../source/capture/screenshots/screenshots-source.js';
import { monitorTargets, TargetCapturer } from '../../../source/capture/screenshots/shots.js';
import type { ShareTarget } from '../../../source/capture/share-target.js';
import type { NativeMonitor, ScreenshotsLibrary } from '../../../source/native/load-native.js';
import { loadScreenshots } from '../../../source/native/screenshots-library.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { RecordingEvents } from '../../helpers/recording-events.js';

interface FakeMonitor {
  name?: string;
  x?: number;
  y?: number;
  width: number;
  height: number;
  /** Pixels a point. */
  scale?: number;
  primary?: boolean;
  /** Of every pixel. */
  rgba?: readonly [number, number, number, number];
  fails?: string;
}

function monitor({
  x = 0,
  y = 0,
  scale = 1,
  primary = false,
  rgba = [1, 2, 3, 255],
  ...rest
}: FakeMonitor): NativeMonitor {
  return {
    id: () => x,
    name: () => rest.name ?? `at ${x}`,
    x: () => x,
    y: () => y,
    width: () => rest.width,
    height: () => rest.height,
    isPrimary: () => primary,
    async captureImage() {
      if (rest.fails) throw new Error(rest.fails);
      const [width, height] = [rest.width * scale, rest.height * scale];
      return { width, height, toRawSync: () => Buffer.from(Array.from({ length: width * height }, () => rgba).flat()) };
    },
  };
}

function library(monitors: () => FakeMonitor[]): ScreenshotsLibrary {
  return { Monitor: { all: () => monitors().map(monitor) }, Window: { all: () => [] } };
}

function source(monitors: () => FakeMonitor[], target: ShareTarget, options = {}): ScreenshotsSource {
  const shooter = () => new TargetCapturer(library(monitors), target);
  return new ScreenshotsSource({
    target,
    why: '',
    display: null,
    clock: new FakeClock(),
    platform: 'win32',
    shooter,
    ...options,
  });
}

const FIRST = { kind: 'monitor', number: 1 } as const;

test('monitors are numbered from the primary one on, then by place', () => {
  const four = library(() => [
    { x: 200, width: 10, height: 10 },
    { x: 100, y: 9, width: 10, height: 10 },
    { x: 100, width: 10, height: 10 },
    { x: 300, width: 10, height: 10, primary: true },
  ]);
  expect(monitorTargets(four).map(({ number, geometry: { x, y } }) => [number, x, y])).toEqual([
    [1, 300, 0],
    [2, 100, 0],
    [3, 100, 9],
    [4, 200, 0],
  ]);
});

test('all monitors are put together in their places, as pixels', async () => {
  const all = source(
    () => [
      { x: -2, y: 0, width: 2, height: 1, rgba: [10, 20, 30, 255] },
      { x: 0, y: 1, width: 1, height: 2, rgba: [40, 50, 60, 255] },
    ],
    { kind: 'all' },
  );
  await all.open();
  expect(all.describe()).toMatchObject({ description: 'all 2 monitors (3x3)', width: 3, height: 3 });
  const incoming = new Framebuffer(createPixelMemory(), { width: 3, height: 3 });
  await all.read([incoming.bounds], incoming);
  const pixels = new Uint32Array(incoming.bytes().slice().buffer);
  expect([...pixels].map(pixel => pixel & 0xffffff)).toEqual([
    ...[0x0a141e, 0x0a141e, 0],
    ...[0, 0, 0x28323c],
    ...[0, 0, 0x28323c],
  ]);
  await all.close();
});

test('a screen with several pixels a point is shared with all of them', async () => {
  const retina = source(() => [{ width: 4, height: 3, scale: 2 }], FIRST);
  await retina.open();
  expect(retina.describe()).toMatchObject({ width: 8, height: 6 });
});

test('another resolution is reported and then read', async () => {
  let width = 4;
  const shared = source(() => [{ width, height: 4 }], FIRST);
  await shared.open();
  const events = new RecordingEvents();
  shared.start(events);
  const memory = createPixelMemory();
  width = 6;
  expect(
    await shared.read([{ x: 0, y: 0, width: 4, height: 4 }], new Framebuffer(memory, { width: 4, height: 4 })),
  ).toBe(0);
  expect(events.sizes).toEqual([{ width: 6, height: 4 }]);
  const incoming = new Framebuffer(memory, { width: 6, height: 4 });
  expect(await shared.read([incoming.bounds], incoming)).toBe(24);
});

test('it is polled while somebody watches and reads, and not otherwise', async () => {
  const clock = new FakeClock();
  const shared = source(() => [{ width: 2, height: 2 }], FIRST, { clock });
  await shared.open();
  clock.advance(1000);
  const events = new RecordingEvents();
  shared.start(events);
  clock.advance(0);
  expect(events.take()).toHaveLength(1);
  clock.advance(1000);
  expect(events.take()).toHaveLength(0);
  const incoming = new Framebuffer(createPixelMemory(), { width: 2, height: 2 });
  await shared.read([incoming.bounds], incoming);
  clock.advance(10);
  expect(events.take()).toHaveLength(0);
  clock.advance(10);
  expect(events.take()).toHaveLength(1);
  await shared.read([incoming.bounds], incoming);
  shared.stop();
  expect(clock.pending).toBe(0);
});

test('a capture that fails later ends the source', async () => {
  const screen: FakeMonitor = { width: 2, height: 2 };
  const shared = source(() => [screen], FIRST);
  await shared.open();
  const events = new RecordingEvents();
  shared.start(events);
  screen.fails = 'gone';
  const incoming = new Framebuffer(createPixelMemory(), { width: 2, height: 2 });
  await expect(shared.read([incoming.bounds], incoming)).rejects.toMatchObject({ code: 'E_CAPTURE' });
  expect(events.errors).toMatchObject([{ code: 'E_CAPTURE' }]);
});

test.each([
  ['macOS that refuses', { platform: 'darwin' }, { fails: 'CGDisplayCreateImage failed' }, 'E_CAPTURE_PERMISSION'],
  ['macOS that shows black', { platform: 'darwin' }, { rgba: [0, 0, 0, 255] as const }, 'E_CAPTURE_PERMISSION'],
  [
    'a Wayland session, which has better ways,',
    { platform: 'linux', environment: { WAYLAND_DISPLAY: 'wayland-0' } },
    {},
    'E_WAYLAND',
  ],
  ['Windows that fails', { platform: 'win32' }, { fails: 'BitBlt' }, 'E_CAPTURE'],
  ['no display at all', { platform: 'linux', environment: {} }, {}, 'E_NO_DISPLAY'],
] as const)('%s is explained', async (_name, options, screen, code) => {
  const shared = source(() => [{ width: 2, height: 2, ...screen }], FIRST, options);
  await expect(shared.open()).rejects.toMatchObject({ code, remedy: expect.stringMatching(/./) });
});

test('missing system libraries are named with the packages that hold them', () => {
  const load = () => {
    const reasons = ['libxcb.so.1', 'libdbus-1.so.3'].map(name => {
      return new Error(`${name}: cannot open shared object file: No such file or directory`);
    });
    throw new Error('Failed to load native binding', { cause: reasons });
  };
  expect(() => loadScreenshots(load)).toThrow(
    expect.objectContaining({
      code: 'E_CAPTURE_LIBRARY',
      message: expect.stringContaining('libxcb.so.1 and libdbus-1.so.3'),
      remedy: expect.stringContaining('sudo apt install libxcb1 libdbus-1-3'),
    }),
  );
});

test('a missing package is named', () => {
  const load = () => {
    throw new Error("Cannot find module 'node-screenshots'");
  };
  expect(() => loadScreenshots(load)).toThrow(
    expect.objectContaining({ code: 'E_CAPTURE_LIBRARY', remedy: expect.stringContaining('npm install') }),
  );
});

test('a monitor that is unplugged is waited for, and no other takes its place', async () => {
  const first = { width: 4, height: 4, name: 'A', primary: true };
  const second = { x: 4, width: 4, height: 4, name: 'B', rgba: [9, 9, 9, 255] } as const;
  let plugged: FakeMonitor[] = [first, second];
  const clock = new FakeClock();
  const shared = source(() => plugged, { kind: 'monitor', number: 2 }, { clock });
  await shared.open();
  const events = new RecordingEvents();
  shared.onEvent(events.hear);
  shared.start(events);
  const incoming = new Framebuffer(createPixelMemory(), { width: 4, height: 4 });
  const read = () => shared.read([incoming.bounds], incoming);
  plugged = [
    { ...first, primary: false },
    { ...second, primary: true },
  ];
  expect(await read()).toBe(16);
  expect(incoming.bytes()[0]).toBe(9);
  plugged = [first];
  expect(await read()).toBe(0);
  expect(events.lost).toBe('E_SOURCE_GONE');
  expect(await read()).toBe(0);
  clock.advance(1000);
  await new Promise(resolve => setImmediate(resolve));
  expect(events.lost).toBe('E_SOURCE_GONE');
  plugged = [first, { ...second, x: 0, y: 4 }];
  events.take();
  clock.advance(1000);
  await events.until(() => events.lost === null);
  clock.advance(20);
  expect(events.take()).toContainEqual(incoming.bounds);
  expect(await read()).toBe(16);
});
