import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../../source/core/clock.js';
import { BGRX, type PixelFormat } from '../../../source/core/pixel-format.js';
import type { Rectangle } from '../../../source/core/rectangle.js';
import { systemClock } from '../../../source/node/clock.js';
import { nodeCompressors } from '../../../source/node/compressors.js';
import { Region } from '../../../source/pixels/region.js';
import { FENCE } from '../../../source/protocols/rfb/constants.js';
import { RequestedArea } from '../../../source/session/share/rfb/requested-area.js';
import { VIEWER_LIMITS } from '../../../source/session/share/viewer-limits.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { noise, settled } from '../../helpers/scenes.js';

const SIZE = { width: 768, height: 384 };
const WHOLE: Rectangle = { x: 0, y: 0, ...SIZE };
const TIGHT = 7;
const ZLIB = 6;
const ZRLE = 16;
const COPY_RECT = 1;
const LAST_RECT = -224;
const DESKTOP_SIZE = -223;
/** As viewers ask for them. */
const level = (number: number) => -256 + number;
const HIGHEST = 9;

/** Time in which nothing but work at the highest level takes long. */
class WorkClock implements Clock {
  worked = 0;
  now = () => systemClock.now() + this.worked;
  after = systemClock.after.bind(systemClock);
  soon = systemClock.soon.bind(systemClock);
}

let share: CanvasShare;
let clock: WorkClock;
/** How many cells of the joiner, at the highest level, and of the watcher are being encoded. */
let joining: number;
let watching: number;
/** For each update of the watcher: cells of the joiner that were under way when it began, or began before it ended. */
let beside: number[];
/** The most cells of the joiner at one time. */
let most: number;
/** Cells that were encoded at the highest level. */
let encodedHighest: number;
const viewers: RfbTestViewer[] = [];

async function viewer(
  encodings: readonly number[],
  asks = true,
  format?: PixelFormat,
  from?: string,
): Promise<RfbTestViewer> {
  const made = await RfbTestViewer.open({
    ...{ port: share.port, encodings, asks },
    ...(format && { format }),
    ...(from && { from }),
  });
  viewers.push(made);
  return made;
}

beforeEach(async () => {
  clock = new WorkClock();
  [joining, watching, most, encodedHighest, beside] = [0, 0, 0, 0, []];
  const { deflater } = nodeCompressors;
  const deflate = deflater.deflate.bind(deflater);
  vi.spyOn(deflater, 'deflate').mockImplementation(async (data, asked) => {
    if (asked === HIGHEST) {
      clock.worked += VIEWER_LIMITS.refreshSliceMs;
      most = Math.max(most, ++joining);
      encodedHighest++;
      if (watching > 0) beside.push(beside.pop()! + 1);
    } else if (watching++ === 0) beside.push(joining);
    const block = await deflate(data, asked);
    if (asked === HIGHEST) joining--;
    else watching--;
    return block;
  });
  share = await CanvasShare.start(SIZE, {}, clock);
  share.canvas.paint(WHOLE, noise);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const each of viewers.splice(0)) each.close();
  await share.stop();
});

/** Paints for a viewer that watches, one picture after the other, while another one is sent its first. */
async function paintUntilJoined(watcher: RfbTestViewer, joiner: RfbTestViewer, paint: (round: number) => void) {
  for (let round = 1; round <= 8 && joiner.updates === 0; round++) {
    const { updates } = watcher;
    paint(round);
    await watcher.until(() => watcher.updates > updates);
  }
  await joiner.until(() => joiner.updates > 0);
}

const KINDS = [
  ['a viewer that takes whole updates', [TIGHT, COPY_RECT, DESKTOP_SIZE, level(HIGHEST)]],
  ['a viewer that takes updates as they are encoded', [TIGHT, COPY_RECT, DESKTOP_SIZE, LAST_RECT, level(HIGHEST)]],
] as const;

describe.each(KINDS)('the first picture of %s, while there is another one', (_, encodings) => {
  it('delays that one by a slice at most', async () => {
    const watcher = await viewer([TIGHT, level(1)]);
    await settled(share, watcher);
    beside = [];
    // It asks once, so what changes is not encoded for it as well.
    const joiner = await viewer(encodings, false);
    await paintUntilJoined(watcher, joiner, round => {
      share.canvas.paint({ x: 64, y: 64, width: 256, height: 128 }, (x, y) => noise(x + round, y));
    });
    expect(Math.max(...beside)).toBeLessThanOrEqual(1);
    expect(beside.length).toBeGreaterThan(1);
    for (const each of [watcher, joiner]) await settled(share, each);
  });

  it('is exact, also where something moves before all of it is encoded', async () => {
    const watcher = await viewer([TIGHT, COPY_RECT, level(1)]);
    await settled(share, watcher);
    const joiner = await viewer(encodings);
    await paintUntilJoined(watcher, joiner, round => {
      // Up and on again, never back to what it was.
      share.canvas.move({ x: 64, y: 100 - round, width: 300, height: 200 }, 0, -1 - (round % 3));
    });
    for (const each of [watcher, joiner]) await settled(share, each);
    share.canvas.move({ x: 64, y: 64, width: 300, height: 200 }, 0, 7);
    for (const each of [watcher, joiner]) await settled(share, each);
    // Once it has all of one version things are moved for it, too.
    expect(joiner.kinds.copyrect).toBeGreaterThan(0);
  });

  it('is exact where the screen is resized, or the viewer changes its settings, before all of it is encoded', async () => {
    const watcher = await viewer([TIGHT, DESKTOP_SIZE, level(1)]);
    await settled(share, watcher);
    const joiner = await viewer(encodings);
    await expect.poll(() => most).toBeGreaterThan(0);
    joiner.setEncodings([TIGHT, COPY_RECT, DESKTOP_SIZE, level(8)]);
    joiner.request(false);
    share.canvas.resize({ width: 400, height: 420 });
    share.canvas.paint({ x: 0, y: 0, width: 400, height: 420 }, noise);
    for (const each of [watcher, joiner]) await settled(share, each);
  });
});

const AREA = { x: 64, y: 64, width: 256, height: 256 };
const FORMATS = [0, 16].map(shift => ({
  ...BGRX,
  ...{ redShift: (shift + 16) % 24, greenShift: (shift + 8) % 24, blueShift: shift },
}));
const paint = (round: number, area: Rectangle = AREA) =>
  share.canvas.paint(area, (x, y) => noise(x, y) ^ (round * 0x10305));

/** Is sent its first picture at a low level, which is soon done. */
async function costlyViewer(encodings: readonly number[], encoding = TIGHT, format = BGRX): Promise<RfbTestViewer> {
  const made = await viewer([encoding, level(1)], true, format);
  await settled(share, made, format);
  made.setEncodings([encoding, ...encodings.slice(1)]);
  made.fence(FENCE.request, Buffer.of(1));
  await made.until(() => made.fences.some(({ payload }) => payload.equals(Buffer.of(1))));
  return made;
}

/** Paints one picture after the other, as fast as the watcher takes them, until the others have had an update too. */
async function paintFor(watcher: RfbTestViewer, others: readonly RfbTestViewer[], between = (_round: number) => {}) {
  const before = others.map(({ updates }) => updates);
  beside = [];
  for (let round = 1; others.some((each, at) => each.updates === before[at]) || beside.length < 12; round++) {
    const { updates } = watcher;
    between(round);
    paint(round);
    await watcher.until(() => watcher.updates > updates);
  }
}

describe.each(KINDS)('changes of %s at the highest level, while there are others', (_, encodings) => {
  it('keep none of them waiting for more than a slice, and are exact in the end', async () => {
    const watcher = await viewer([TIGHT, level(1)]);
    await settled(share, watcher);
    const costly = await costlyViewer(encodings);
    // On a busy machine its first updates may be from before it asked for the level.
    for (let update = 0; update < 3 || most === 0; update++) {
      await paintFor(watcher, [costly]);
      expect(Math.max(...beside)).toBeLessThanOrEqual(1);
    }
    expect(most).toBe(1);
    for (const each of [watcher, costly]) await settled(share, each);
  });

  it('are exact, also where something moves before all of them are encoded', async () => {
    const watcher = await viewer([TIGHT, COPY_RECT, level(1)]);
    await settled(share, watcher);
    const costly = await costlyViewer(encodings);
    for (let update = 0; update < 3; update++) {
      // So large that it is written while it is encoded, where the viewer knows LastRect.
      if (update === 0) paint(99, WHOLE);
      await paintFor(watcher, [costly], round => {
        share.canvas.move({ x: 200, y: 100 - (round % 20), width: 300, height: 200 }, 0, -1 - (round % 3));
      });
    }
    for (const each of [watcher, costly]) await settled(share, each);
    share.canvas.move(AREA, 0, 7);
    for (const each of [watcher, costly]) await settled(share, each);
    expect(costly.kinds.copyrect).toBeGreaterThan(0);
  });

  it('are slices from the first one on, whatever the viewer changes meanwhile', async () => {
    const watcher = await viewer([TIGHT, level(1)]);
    await settled(share, watcher);
    const costly = await costlyViewer(encodings);
    await paintFor(watcher, [], round => costly.setEncodings([round % 2 ? TIGHT : ZLIB, ...encodings.slice(1)]));
    expect(Math.max(...beside)).toBeLessThanOrEqual(1);
    for (const each of [watcher, costly]) await settled(share, each);
  });

  it('are encoded whole and at once for viewers with the same profile', async () => {
    const alike = [await costlyViewer(encodings), await costlyViewer(encodings)];
    paint(1);
    for (const each of alike) await settled(share, each);
    expect(most).toBeGreaterThan(3);
  });
});

describe('changes of many viewers, each with another encoding and format at the highest level', () => {
  it('are slices of one another, and the ordinary one waits for one of them at most', async () => {
    const watcher = await viewer([TIGHT, level(1)]);
    await settled(share, watcher);
    const costly: [RfbTestViewer, PixelFormat][] = [];
    for (const encoding of [TIGHT, ZRLE, ZLIB]) {
      for (const format of FORMATS) costly.push([await costlyViewer(KINDS[1][1], encoding, format), format]);
    }
    await paintFor(
      watcher,
      costly.map(([each]) => each),
    );
    expect(Math.max(...beside)).toBeLessThanOrEqual(1);
    expect(most).toBe(1);
    for (const [each, format] of costly) await settled(share, each, format);
  });
});

describe('first pictures of viewers that join at once, while everything changes', () => {
  it('are encoded once', async () => {
    const watcher = await viewer([TIGHT, level(1)]);
    await settled(share, watcher);
    const machines = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
    const joiners = await Promise.all(machines.map(from => viewer(KINDS[0][1], false, BGRX, from)));
    for (let round = 1; joiners.some(each => each.updates === 0); round++) {
      const { updates } = watcher;
      share.canvas.paint(WHOLE, (x, y) => ((x ^ y) & 0xf8) + round * 0x10305);
      await watcher.until(() => watcher.updates > updates);
    }
    // Of 36 cells each. Those who come while another one's are being encoded take the rest of them, and lack the first.
    expect(encodedHighest).toBeLessThan(2 * 36);
    for (const each of joiners) each.request(false);
    for (const each of [watcher, ...joiners]) await settled(share, each);
  });
});

describe('the first picture of a viewer', () => {
  it('is encoded all at once while it is alone', async () => {
    await settled(share, await viewer(KINDS[0][1]));
    expect(most).toBe(9);
  });

  it('is answered even if a second request arrives first', () => {
    const area = new RequestedArea();
    const part = { x: 0, y: 0, width: 10, height: 10 };
    area.request(false, part, WHOLE);
    area.updatePlanned();
    area.request(false, WHOLE, WHOLE);
    const plan = { screen: null as never, version: 1, moves: [], refreshed: 1, skipped: 0, capturedAt: null };
    area.answered({ ...plan, cells: [{ rectangle: part, version: 1 }], dirty: new Region() }, WHOLE);
    expect(area.region.covers(WHOLE)).toBe(true);
    expect(area.dirty.area).toBe(WHOLE.width * WHOLE.height - 100);
  });
});
