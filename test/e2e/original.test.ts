import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ClassicPeer, type WatchingPeerOptions } from '../helpers/classic-peer.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';
import { XPainter } from '../helpers/x-painter.js';
import { readDisplay, startXvfb } from '../helpers/xvfb.js';

const started = stopAfterEach();
const SIZE = { width: 1366, height: 768 };
const SHARE = ['share', '--headless', '--bind', '127.0.0.1', '--access', 'open', '--no-rfb', '--classic-port', '0'];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'peerglass-e2e-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function viewer(port: number, options: Partial<WatchingPeerOptions> = {}): ClassicPeer {
  return started(ClassicPeer.watch({ port, size: SIZE, ...options }));
}

/** A picture with detail, as PPM. */
function writePicture(file: string, seed: number): Buffer {
  const rgb = Buffer.alloc(SIZE.width * SIZE.height * 3);
  for (let at = 0; at < rgb.length; at++) rgb[at] = (Math.imul(at >> 4, 2_654_435_761 + seed) >>> 24) & 0xff;
  writeFileSync(file, Buffer.concat([Buffer.from(`P6\n${SIZE.width} ${SIZE.height}\n255\n`), rgb]));
  return rgb;
}

describe('the original program', () => {
  test('watches a real screen, every pixel of it, and is kept alive when nothing moves', async () => {
    const display = started(await startXvfb(SIZE));
    const painter = await XPainter.open(display.display);
    started({ stop: () => painter.close() });
    painter.fill({ x: 100, y: 50, width: 300, height: 200 }, 0x2266aa);
    painter.drawNumber(77, 500, 400);
    await painter.sync();
    const share = started(new Program([...SHARE, '--source', 'x11', '--no-cursor'], { DISPLAY: display.display }));
    const peer = viewer(await share.port('classic'));
    await peer.moreFrames(1);
    expect(peer.lastFrame?.crc).toBe(crc32((await readDisplay(display.display)).rgb));

    // Ten frames a second at least while nothing changes: its window would stop answering otherwise.
    let tenths = 0;
    const timer = setInterval(() => tenths++, 100);
    await peer.moreFrames(20);
    clearInterval(timer);
    // Counted by a timer here, which a busy machine delays as it delays the sharer's.
    expect(tenths).toBeLessThan(30);

    painter.fill({ x: 700, y: 500, width: 60, height: 60 }, 0xcc3311);
    await painter.sync();
    const changed = crc32((await readDisplay(display.display)).rgb);
    await peer.until(() => peer.lastFrame?.crc === changed);
  });

  test('watches a screen that node-screenshots captures, every pixel of it', async () => {
    const display = started(await startXvfb(SIZE));
    const painter = await XPainter.open(display.display);
    started({ stop: () => painter.close() });
    painter.fill({ x: 100, y: 50, width: 300, height: 200 }, 0x2266aa);
    await painter.sync();
    const argv = [...SHARE, '--source', 'screenshots', '--no-cursor', '--json'];
    const share = started(new Program(argv, { DISPLAY: display.display, WAYLAND_DISPLAY: undefined }));
    const peer = viewer(await share.port('classic'));
    for (let number = 1; number <= 3; number++) {
      painter.drawNumber(number, 600 + number, 400);
      painter.fill({ x: 1300, y: 700 + number, width: 7, height: 5 }, 0x123456 * number);
      await painter.sync();
      const painted = crc32((await readDisplay(display.display)).rgb);
      await peer.until(() => peer.lastFrame?.crc === painted);
    }
    await share.until(() => share.shareSnapshots.length > 0);
    expect(share.shareSnapshots.at(-1)?.source?.kind).toBe('screenshots');
  });

  test('shares, and peerglass shows its pixels exactly', async () => {
    const files = [1, 2, 3].map(seed => path.join(folder, `${seed}.ppm`));
    const pictures = files.map((file, index) => writePicture(file, index));
    const { peer, port } = await ClassicPeer.share({ size: SIZE, ppm: files, frames: 3 });
    started(peer);
    const snapshot = path.join(folder, 'last.png');
    const watch = started(
      new Program([
        ...['watch', `127.0.0.1::${port}`, '--headless', '--view', 'none', '--frames', '3', '--snapshot', snapshot],
      ]),
    );
    expect(await watch.ended).toBe(0);
    const { width, height, data } = PNG.sync.read(readFileSync(snapshot));
    expect({ width, height }).toEqual(SIZE);
    const rgb = Buffer.alloc(width * height * 3);
    for (let pixel = 0; pixel < width * height; pixel++) data.copy(rgb, pixel * 3, pixel * 4, pixel * 4 + 3);
    expect(crc32(rgb)).toBe(crc32(pictures[2]!));
  });

  test('is served beside a peerglass viewer and a slow one, and neither waits for the slow one', async () => {
    const share = started(new Program([...SHARE, '--source', 'pattern', '--json']));
    const port = await share.port('classic');
    const original = viewer(port);
    const slow = viewer(port, { rate: 400_000, receiveBuffer: 65_536 });
    const watch = started(
      new Program(['watch', `127.0.0.1::${port}`, '--headless', '--json', '--view', 'none', '--wire', 'classic']),
    );
    await original.moreFrames(60);
    await watch.until(() => (watch.watchSnapshots.at(-1)?.frames ?? 0) > 30);
    await share.until(() => {
      const viewers = share.shareSnapshots.at(-1)?.viewers ?? [];
      return viewers.length === 3 && viewers.some(({ skipped }) => skipped > 0);
    });
    expect(original.frames.length).toBeGreaterThan(slow.frames.length);
  });
});

describe('a viewer that stops reading', () => {
  test('never delays another one', async () => {
    // Frames of 0.9 MB fill the buffers on the way soon.
    const size = { width: 640, height: 480 };
    const frames = ['--source', 'pattern', '--size', '640x480', '--level', '0', '--fps', '20'];
    const share = started(new Program([...SHARE, ...frames, '--json']));
    const port = await share.port('classic');
    const steady = viewer(port, { size });
    const stalled = viewer(port, { size });
    await Promise.all([steady.moreFrames(10), stalled.moreFrames(10)]);

    const longestGap = (from: number) => {
      const times = steady.frames.slice(from).map(({ time }) => time);
      return Math.max(...times.slice(1).map((time, index) => time - times[index]!));
    };
    const framesFor = async (seconds: number) => {
      const from = steady.lastFrame!.time;
      await steady.until(() => steady.lastFrame!.time - from > seconds);
    };
    const before = steady.frames.length;
    await framesFor(1);
    const gapWithout = longestGap(before);

    stalled.pause();
    const during = steady.frames.length;
    // The buffers between the share and the stalled viewer are full.
    await share.until(() => (share.shareSnapshots.at(-1)?.viewers ?? []).some(({ skipped }) => skipped > 0));
    await framesFor(2);
    const gapWith = longestGap(during);
    stalled.resume();

    // A hiccup of the machine is no delay by the other viewer; waiting for it would take five seconds or more.
    expect(gapWith).toBeLessThan(Math.max(3 * gapWithout, 3));
    await stalled.moreFrames(5);
  });
});
