import { afterEach, describe, expect, it } from 'vitest';
import { BGR233, BGRX, type PixelFormat } from '../../../source/core/pixel-format.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { RfbTestViewer, type TestViewerOptions } from '../../helpers/rfb-test-viewer.js';
import { followed, noise, photograph, settled, text } from '../../helpers/scenes.js';

const [RAW, COPY_RECT, HEXTILE, ZLIB, TIGHT, ZRLE] = [0, 1, 5, 6, 7, 16];
const [FENCE, CONTINUOUS, QUALITY_8] = [-312, -313, -24];
const SIZE = { width: 640, height: 400 };
const BIG_ENDIAN: PixelFormat = { ...BGRX, bigEndian: true };

let share: CanvasShare;
const viewers: RfbTestViewer[] = [];

async function watch(options: Partial<TestViewerOptions>): Promise<RfbTestViewer> {
  const viewer = await RfbTestViewer.open({ port: share.port, ...options });
  viewers.push(viewer);
  return viewer;
}

afterEach(async () => {
  for (const viewer of viewers.splice(0)) viewer.close();
  await share.stop();
});

describe('many rfb viewers', () => {
  it('sixteen of mixed kinds are each exact after the screen settles', async () => {
    share = await CanvasShare.start(SIZE);
    const kinds: [Partial<TestViewerOptions>, PixelFormat][] = [];
    for (const encoding of [TIGHT, ZRLE, ZLIB, HEXTILE]) {
      kinds.push([{ encodings: [encoding!, COPY_RECT!, RAW!] }, BGRX]);
      kinds.push([{ encodings: [encoding!, RAW!, FENCE!, CONTINUOUS!], fences: true }, BIG_ENDIAN]);
      kinds.push([{ encodings: [encoding!, COPY_RECT!, RAW!, QUALITY_8!] }, BGR233]);
      kinds.push([{ encodings: [encoding!, COPY_RECT!, FENCE!, CONTINUOUS!, QUALITY_8!], fences: true }, BGRX]);
    }
    const all = await Promise.all(kinds.map(([options, format]) => watch({ ...options, format })));
    expect(all).toHaveLength(16);
    for (let step = 0; step < 12; step++) {
      share.canvas.paint({ x: 0, y: 0, width: 400, height: 300 }, (x, y) => text(x, y + step * 9));
      share.canvas.paint({ x: 420, y: 20 * step, width: 120, height: 90 }, step % 2 ? noise : photograph);
      await all[step]!.quiet(15);
    }
    for (const [index, [, format]] of kinds.entries()) await settled(share, all[index]!, format);
  });

  it('viewers in step share encoded rectangles', async () => {
    share = await CanvasShare.start(SIZE);
    const options = { encodings: [TIGHT!, RAW!] };
    const all = [await watch(options), await watch(options), await watch(options)];
    for (const viewer of all) await settled(share, viewer);
    const before = share.figures.encodedRectangles;
    const shared = share.figures.sharedRectangles;
    for (let step = 0; step < 10; step++) {
      await followed(all, () =>
        share.canvas.paint({ x: 40 * step, y: 30 * step, width: 30, height: 20 }, (x, y) => noise(x, y + step)),
      );
    }
    for (const viewer of all) await settled(share, viewer);
    expect(share.figures.encodedRectangles - before).toBe(10);
    expect(share.figures.sharedRectangles - shared).toBe(10);
  });

  it('viewers out of step share encoded rectangles too, in Tight and in ZRLE', async () => {
    for (const encoding of [TIGHT!, ZRLE!]) {
      share = await CanvasShare.start(SIZE);
      const quick = await watch({ encodings: [encoding, RAW!] });
      const slow = await watch({ encodings: [encoding, RAW!], asks: false });
      const slower = await watch({ encodings: [encoding, RAW!], asks: false });
      await settled(share, quick);
      await settled(share, slow);
      await settled(share, slower);
      const before = share.figures.encodedRectangles;
      const shared = share.figures.sharedRectangles;
      for (let step = 0; step < 24; step++) {
        const place = { x: (step % 6) * 100, y: Math.floor(step / 6) * 90, width: 80, height: 60 };
        await followed([quick], () => share.canvas.paint(place, (x, y) => noise(x, y + step)));
        if (step % 3 === 2) slow.request(true);
        if (step % 8 === 7) slower.request(true);
      }
      await settled(share, quick);
      await settled(share, slow);
      await settled(share, slower);
      // The quick one alone makes 24; the others find all of it there.
      expect(share.figures.encodedRectangles - before).toBe(24);
      expect(share.figures.sharedRectangles - shared).toBe(24);
      for (const viewer of viewers.splice(0)) viewer.close();
      await share.stop();
    }
  });

  it('one that stops reading delays nobody and costs a bounded amount of memory', async () => {
    share = await CanvasShare.start(SIZE);
    const stuck = await watch({ encodings: [RAW!, FENCE!, CONTINUOUS!], fences: true });
    const lively = await watch({ encodings: [TIGHT!, RAW!] });
    await settled(share, stuck);
    stuck.socket.pause();
    const before = lively.updates;
    for (let step = 0; step < 60; step++) {
      share.canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) => noise(x + step, y));
      await lively.until(() => lively.updates > before + step / 2);
    }
    await settled(share, lively);
    await new Promise(resolve => setTimeout(resolve, 300));
    const [first] = share.snapshot.viewers;
    // A window of four megabytes and an update.
    expect(first!.bytes + first!.unsentBytes).toBeLessThan(4 * 1024 * 1024 + 2 * SIZE.width * SIZE.height * 4 + 2e6);
    stuck.socket.resume();
    await settled(share, stuck);
    expect(lively.updates - before).toBeGreaterThan(stuck.updates);
  });
});

/** One of ours, as it is on the wire. */
const FENCE_BYTES = 13;
const FENCE_INTERVAL_MS = 5000;

describe('a still screen', () => {
  it('costs no capture, and no byte except a fence every five seconds, which detects a cut link', async () => {
    share = await CanvasShare.start(SIZE);
    share.canvas.paint({ x: 0, y: 0, width: 400, height: 300 }, photograph);
    const fenced = await watch({ encodings: [TIGHT!, FENCE!, CONTINUOUS!, QUALITY_8!], fences: true });
    const asking = await watch({ encodings: [ZRLE!] });
    await settled(share, fenced);
    await settled(share, asking);
    const [bytes, asked, reads, began] = [fenced.bytes, asking.bytes, share.canvas.reads, performance.now()];
    await new Promise(resolve => setTimeout(resolve, 2000));
    const fences = Math.ceil((performance.now() - began) / FENCE_INTERVAL_MS);
    expect(fenced.bytes - bytes).toBeLessThanOrEqual(fences * FENCE_BYTES);
    expect(asking.bytes).toBe(asked);
    expect(share.canvas.reads).toBe(reads);
  });
});

describe('a page of text that scrolls', () => {
  it('costs at most a fifth of what it costs without scroll detection', async () => {
    const perFrame: number[] = [];
    for (const scrollDetection of [true, false]) {
      share = await CanvasShare.start(SIZE, { scrollDetection });
      share.canvas.paint({ x: 0, y: 0, ...SIZE }, text);
      const viewer = await watch({ encodings: [TIGHT!, COPY_RECT!] });
      await settled(share, viewer);
      const [bytes, updates] = [viewer.bytes, viewer.updates];
      for (let step = 1; step <= 20; step++) {
        share.canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) => text(x, y + step * 7));
        await viewer.until(() => viewer.updates >= updates + step);
      }
      await settled(share, viewer);
      perFrame.push((viewer.bytes - bytes) / (viewer.updates - updates));
      viewer.close();
      await share.stop();
    }
    expect(perFrame[0]).toBeLessThan(perFrame[1]! / 5);
  });
});
