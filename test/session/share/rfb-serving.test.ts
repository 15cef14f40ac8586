import { describe, expect, it, vi } from 'vitest';
import { BGR233, BGRX, type PixelFormat } from '../../../source/core/pixel-format.js';
import type { Rectangle } from '../../../source/core/rectangle.js';
import { nodeCompressors } from '../../../source/node/compressors.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { RfbTestViewer, type TestViewerOptions } from '../../helpers/rfb-test-viewer.js';
import { followed, noise, paintScene, settled, text } from '../../helpers/scenes.js';

const RAW = 0;
const COPY_RECT = 1;
const HEXTILE = 5;
const ZLIB = 6;
const TIGHT = 7;
const ZRLE = 16;
const DESKTOP_SIZE = -223;
const LAST_RECT = -224;
const POINTER_POS = -225;
const CURSOR = -239;
const DESKTOP_NAME = -307;
const EXTENDED_DESKTOP_SIZE = -308;
const FENCE = -312;
const CONTINUOUS = -313;
const CURSOR_WITH_ALPHA = -314;

const SIZE = { width: 640, height: 400 };
const RGB565: PixelFormat = {
  ...BGRX,
  ...{ bitsPerPixel: 16, depth: 16, redMax: 31, greenMax: 63, blueMax: 31, redShift: 11, greenShift: 5, blueShift: 0 },
};

const later = stopAfterEach();

async function share(options: Partial<ShareOptions> = {}, size = SIZE): Promise<CanvasShare> {
  return later(await CanvasShare.start(size, options));
}

async function watch(started: CanvasShare, options: Partial<TestViewerOptions> = {}): Promise<RfbTestViewer> {
  return later(await RfbTestViewer.open({ port: started.port, ...options }));
}

describe.each([
  ['raw', RAW],
  ['hextile', HEXTILE],
  ['zlib', ZLIB],
  ['zrle', ZRLE],
  ['tight', TIGHT],
])('a viewer that prefers %s', (name, encoding) => {
  it.each([
    ['32 bits', BGRX],
    ['32 bits, big-endian', { ...BGRX, bigEndian: true }],
    ['16 bits', RGB565],
    ['8 bits', BGR233],
  ] as const)('shows the exact picture in %s and follows it', async (_, format) => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [encoding, COPY_RECT, RAW], format });
    await settled(started, viewer, format);
    for (let step = 0; step < 5; step++) {
      started.canvas.paint({ x: 37 * step, y: 23 * step, width: 150, height: 77 }, (x, y) => noise(x + step, y));
      started.canvas.paint({ x: 600, y: 300, width: 9, height: 12 }, step * 0x101010);
      await viewer.quiet(30);
    }
    await settled(started, viewer, format);
    const kinds = Object.keys(viewer.kinds).filter(kind => kind !== 'copyrect');
    expect(kinds.every(kind => (name === 'tight' ? ['fill', 'mono', 'palette', 'full'] : [name]).includes(kind))).toBe(
      true,
    );
  });
});

describe('an rfb viewer', () => {
  it('takes the first encoding of its list that is known', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [-77, 21, 50, ZRLE, TIGHT, RAW] });
    await settled(started, viewer);
    expect(Object.keys(viewer.kinds)).toEqual(['zrle']);
  });

  it('without encodings gets Raw', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [] });
    await settled(started, viewer);
    expect(Object.keys(viewer.kinds)).toEqual(['raw']);
  });

  it('with a colour map gets one, and matching pixels', async () => {
    const started = await share();
    paintScene(started);
    const format = { ...BGR233, trueColour: false, redMax: 0, greenMax: 0, blueMax: 0, greenShift: 0, blueShift: 0 };
    const viewer = await watch(started, { encodings: [TIGHT, RAW], format });
    await settled(started, viewer, BGR233);
    expect(viewer.colourMap).toHaveLength(768);
    expect(viewer.colourMap.slice(-3)).toEqual([65535, 65535, 65535]);
  });

  it('may change its pixel format and its encodings at any time', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [TIGHT, RAW], asks: false });
    const formats = [RGB565, BGR233, { ...BGRX, bigEndian: true }, BGRX];
    for (const [index, format] of formats.entries()) {
      await viewer.until(() => viewer.updates > index);
      viewer.setFormat(format);
      viewer.setEncodings([[ZRLE, TIGHT, ZLIB, HEXTILE][index]!, RAW]);
      started.canvas.paint({ x: 100 * index, y: 200, width: 90, height: 150 }, noise);
      viewer.request(false);
    }
    await viewer.until(() => viewer.updates > formats.length);
    await settled(started, viewer);
  });

  it('gets no update in a format that it has left, even if it was being encoded', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings: [ZLIB, RAW], asks: false });
    await settled(started, viewer);
    const { deflater } = nodeCompressors;
    const deflate = deflater.deflate.bind(deflater);
    let release = () => {};
    const released = new Promise<void>(resolve => {
      release = resolve;
    });
    const spy = vi.spyOn(deflater, 'deflate').mockImplementation(async (data, level) => {
      const block = await deflate(data, level);
      await released;
      return block;
    });
    started.canvas.paint({ x: 0, y: 0, width: 640, height: 300 }, noise);
    viewer.request(true);
    await expect.poll(() => spy.mock.calls.length).toBeGreaterThan(0);
    viewer.setFormat(RGB565);
    viewer.fence(0x80000000, Buffer.from('changed'));
    await viewer.until(() => viewer.fences.length === 1);
    spy.mockRestore();
    release();
    await settled(started, viewer, RGB565);
  });

  it('gets only the area that it requests, and the rest on request', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [TIGHT, RAW], asks: false });
    await viewer.until(() => viewer.updates === 1);
    const left: Rectangle = { x: 0, y: 0, width: 200, height: 400 };
    viewer.request(true, left);
    started.canvas.paint({ x: 150, y: 50, width: 200, height: 300 }, noise);
    await viewer.until(() => viewer.updates === 2);
    await viewer.quiet();
    expect(viewer.rectangles.slice(-4).every(({ x, width }) => x + width <= 640)).toBe(true);
    expect(viewer.picture.at(180, 100)).toBe(started.canvas.at(180, 100));
    expect(viewer.picture.at(300, 100)).not.toBe(started.canvas.at(300, 100));
    viewer.request(true);
    await viewer.until(() => viewer.updates === 3);
    await settled(started, viewer);
  });

  it('gets an area again after a non-incremental request, without CopyRect', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [ZRLE, COPY_RECT, RAW], asks: false });
    await viewer.until(() => viewer.updates === 1);
    viewer.picture.colours.fill(0);
    viewer.request(false, { x: 300, y: 100, width: 200, height: 200 });
    await viewer.until(() => viewer.updates === 2);
    expect(viewer.picture.at(300, 100)).toBe(started.canvas.at(300, 100));
    expect(viewer.picture.at(499, 299)).toBe(started.canvas.at(499, 299));
    expect(viewer.picture.at(299, 100)).toBe(0);
    expect(viewer.picture.at(500, 299)).toBe(0);
  });

  it('gets the level that it requests, until the sharer chooses one', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings: [TIGHT, -247] });
    await settled(started, viewer);
    const cost = async (step: number) => {
      const before = viewer.bytes;
      started.canvas.paint({ x: 20, y: 20, width: 300, height: 200 }, (x, y) => text(x + step * 1000, y));
      await settled(started, viewer);
      return viewer.bytes - before;
    };
    const atNine = await cost(1);
    started.sharer.viewers.setting({ level: 0 });
    expect(await cost(2)).toBeGreaterThan(2 * atNine);
    started.sharer.viewers.setting({ level: 9 });
    expect(await cost(3)).toBeLessThan(1.2 * atNine);
  });
});

describe('moving pixels', () => {
  it('scrolls a page of text with CopyRect, exactly, for viewers in step and lagging', async () => {
    const started = await share();
    started.canvas.paint({ x: 0, y: 0, ...SIZE }, text);
    const quick = await watch(started, { encodings: [TIGHT, COPY_RECT, RAW] });
    const slow = await watch(started, { encodings: [ZRLE, COPY_RECT, RAW], asks: false });
    await settled(started, quick);
    await slow.until(() => slow.updates === 1);
    for (let step = 1; step <= 12; step++) {
      await followed([quick], () => started.canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) => text(x, y + step * 9)));
      if (step % 4 === 0) slow.request(true);
    }
    slow.request(true);
    await settled(started, quick);
    await settled(started, slow);
    expect(quick.kinds.copyrect).toBeGreaterThan(5);
    expect(slow.kinds.copyrect).toBeGreaterThan(0);
  });
});

describe('the pointer', () => {
  const shape = (serial: number, alpha = 255) => {
    const rgba = new Uint8Array(10 * 8 * 4);
    for (let at = 0; at < rgba.length; at += 4) rgba.set([alpha, 0, alpha >> 1, alpha], at);
    return { width: 10, height: 8, rgba, hotspotX: 3, hotspotY: 2, serial };
  };

  it('goes to a viewer that draws it as a shape and positions, and nothing else', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [TIGHT, CURSOR_WITH_ALPHA, CURSOR, POINTER_POS] });
    await settled(started, viewer);
    started.canvas.point({ x: 50, y: 60, shape: shape(1) });
    await viewer.until(() => viewer.cursors.length === 1);
    expect(viewer.cursors[0]).toMatchObject({ width: 10, height: 8, hotspotX: 3, hotspotY: 2 });
    expect(viewer.cursors[0]!.bytes.subarray(0, 4)).toEqual(Buffer.of(255, 0, 127, 255));
    const rectangles = viewer.rectangles.length;
    for (let x = 51; x < 80; x++) {
      started.canvas.point({ x, y: 60, shape: shape(1) });
      await viewer.quiet(20);
    }
    await viewer.until(() => viewer.pointers.at(-1)?.x === 79);
    expect(viewer.rectangles.slice(rectangles).every(({ kind }) => kind === 'pointer')).toBe(true);
    expect(viewer.cursors).toHaveLength(1);
  });

  it.each([
    ['32 bits', BGRX, 4, Buffer.of(127, 0, 255, 0)],
    ['16 bits', RGB565, 2, Buffer.of(0x0f, 0xf8)],
  ] as const)('goes as pixels and a mask to a viewer without alpha, in %s', async (_, format, size, first) => {
    const started = await share();
    const viewer = await watch(started, { encodings: [RAW, CURSOR], format });
    await viewer.until(() => viewer.updates > 0);
    started.canvas.point({ x: 5, y: 5, shape: shape(7) });
    await viewer.until(() => viewer.cursors.length === 1);
    const { bytes } = viewer.cursors[0]!;
    expect(bytes.subarray(0, size)).toEqual(first);
    expect(bytes.subarray(80 * size, 80 * size + 2)).toEqual(Buffer.of(0xff, 0xc0));
  });

  it('is painted for a viewer that cannot draw it, if the policy shows it, and for no other', async () => {
    const started = await share({ cursor: 'shown' });
    const draws = await watch(started, { encodings: [TIGHT, CURSOR_WITH_ALPHA, POINTER_POS] });
    const drawsNot = await watch(started, { encodings: [TIGHT, CURSOR_WITH_ALPHA] });
    await settled(started, draws);
    started.canvas.point({ x: 50, y: 60, shape: shape(1) });
    await drawsNot.until(() => drawsNot.picture.at(50, 60) === 0xff007f);
    await draws.until(() => draws.pointers.length === 1);
    expect(draws.picture.at(50, 60)).toBe(0);
    started.canvas.point({ x: 300, y: 200, shape: shape(1) });
    await drawsNot.until(() => drawsNot.picture.at(300, 200) === 0xff007f && drawsNot.picture.at(50, 60) === 0);
    expect(drawsNot.cursors).toEqual([]);
    started.sharer.viewers.setting({ cursor: 'hidden' });
    await drawsNot.until(() => drawsNot.picture.at(300, 200) === 0);
    await settled(started, drawsNot);
    await settled(started, draws);
  });

  it('is sent to nobody when it is hidden', async () => {
    const started = await share({ cursor: 'hidden' });
    const viewer = await watch(started, { encodings: [RAW, CURSOR, POINTER_POS] });
    await viewer.until(() => viewer.updates > 0);
    started.canvas.point({ x: 5, y: 5, shape: shape(7) });
    await viewer.quiet();
    expect(viewer.cursors).toEqual([]);
    expect(viewer.pointers).toEqual([]);
  });
});

describe('a desktop that changes its size', () => {
  it.each([
    ['ExtendedDesktopSize', EXTENDED_DESKTOP_SIZE, 'extended-desktop-size'],
    ['DesktopSize', DESKTOP_SIZE, 'desktop-size'],
  ])('is sent as %s, without pixels', async (_, encoding, kind) => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [TIGHT, encoding] });
    await settled(started, viewer);
    started.canvas.resize({ width: 500, height: 450 });
    paintScene(started);
    await viewer.until(() => viewer.picture.width === 500);
    expect(viewer.kinds[kind]).toBeGreaterThan(0);
    await settled(started, viewer);
  });

  it('is cropped or padded with black for a viewer that cannot follow', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings: [ZRLE, RAW] });
    await settled(started, viewer);
    started.canvas.resize({ width: 700, height: 300 });
    paintScene(started);
    await settled(started, viewer);
    expect(viewer.picture).toMatchObject(SIZE);
    // The black rows may be an update of their own, which comes after the picture.
    await viewer.until(() => viewer.picture.at(10, 310) === 0 && viewer.picture.at(639, 399) === 0);
    await viewer.quiet();
    expect(viewer.picture.at(10, 310)).toBe(0);
    expect(viewer.picture.at(639, 399)).toBe(0);
    started.canvas.resize(SIZE);
    paintScene(started);
    await settled(started, viewer);
  });

  it('is not resized by a viewer', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings: [RAW, EXTENDED_DESKTOP_SIZE] });
    await viewer.until(() => viewer.updates > 0);
    viewer.socket.write(Buffer.from('fb0002000180010000000001000000000200018000000000', 'hex'));
    await viewer.until(() => viewer.layouts.some(({ x, y }) => x === 1 && y === 1));
    expect(viewer.picture).toMatchObject(SIZE);
  });

  it('changes its name when it is paused', async () => {
    const started = await share({ name: 'Büro' });
    const viewer = await watch(started, { encodings: [RAW, DESKTOP_NAME] });
    expect(viewer.name).toBe('Büro');
    await viewer.until(() => viewer.updates > 0);
    started.sharer.viewers.setting({ paused: true });
    await viewer.until(() => viewer.names.length === 1);
    started.sharer.viewers.setting({ paused: false });
    await viewer.until(() => viewer.names.length === 2);
    expect(viewer.names).toEqual(['Büro (paused)', 'Büro']);
  });
});

describe('fences and continuous updates', () => {
  const encodings = [TIGHT, COPY_RECT, RAW, FENCE, CONTINUOUS];

  it('continue without requests once the viewer has enabled continuous updates', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings, fences: true });
    await settled(started, viewer);
    expect(viewer.endsOfContinuous).toBe(1);
    for (let step = 0; step < 10; step++) {
      started.canvas.paint({ x: 10 * step, y: 10, width: 50, height: 50 }, 0x010101 * step);
      await viewer.quiet(20);
    }
    await settled(started, viewer);
    await expect.poll(() => started.snapshot.latencyMs?.p50).toBeGreaterThan(0);
    viewer.continuous(false);
    await viewer.until(() => viewer.endsOfContinuous === 2);
  });

  it('answer fences with the known flags', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings: [RAW] });
    viewer.fence(0xfffffffb, Buffer.from('hello'));
    await viewer.until(() => viewer.fences.length === 1);
    expect(viewer.fences[0]).toEqual({ flags: 3, payload: Buffer.from('hello') });
  });

  it('answers a fence with SyncNext when the message after it was processed, and not before', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings: [RAW] });
    await settled(started, viewer);
    const answers = () => viewer.fences.map(({ flags, payload }) => `${flags} ${payload}`);
    // The second fence is the message after the first: its own answer comes first.
    viewer.socket.cork();
    viewer.fence(0x80000004, Buffer.from('synced'));
    viewer.fence(0x80000001, Buffer.from('plain'));
    viewer.socket.uncork();
    await viewer.until(() => viewer.fences.length === 2);
    expect(answers()).toEqual(['1 plain', '4 synced']);

    // Alone it waits, however long the next message takes.
    viewer.fence(0x80000007, Buffer.from('alone'));
    await viewer.quiet();
    expect(viewer.fences).toHaveLength(2);
    viewer.setFormat(BGRX);
    await viewer.until(() => viewer.fences.length === 3);
    expect(answers().at(-1)).toBe('7 alone');
  });

  it('answers a fence with SyncNext between the old pixel format and the new one', async () => {
    const started = await share();
    paintScene(started);
    const viewer = await watch(started, { encodings, fences: true });
    await settled(started, viewer);
    const painting = setInterval(
      () => started.canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) => noise(x, y + viewer.updates)),
      20,
    );
    for (const format of [RGB565, BGR233, BGRX, RGB565]) {
      const before = viewer.updates;
      await viewer.until(() => viewer.updates > before + 2);
      await viewer.switchFormat(format);
    }
    clearInterval(painting);
    viewer.request(false);
    await settled(started, viewer, RGB565);
  });

  it('sends no more than a window to a viewer that stops answering', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings, fences: true });
    await viewer.until(() => viewer.updates > 0);
    viewer.socket.pause();
    for (let step = 0; step < 100; step++) {
      started.canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) => noise(x, y + step));
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    const { bytes } = started.sharer.viewers.figures;
    expect(bytes).toBeGreaterThan(SIZE.width * SIZE.height);
    expect(bytes).toBeLessThan(6e6);
    viewer.socket.resume();
    await settled(started, viewer);
  });
});

describe('a large update', () => {
  const LARGE = { width: 900, height: 640 };

  it('is sent while it is encoded, ended by a LastRect, to viewers that support it', async () => {
    const started = await share({}, LARGE);
    const viewer = await watch(started, {
      encodings: [TIGHT, COPY_RECT, RAW, LAST_RECT, FENCE, CONTINUOUS],
      fences: true,
    });
    const plain = await watch(started, { encodings: [ZRLE, COPY_RECT, RAW] });
    for (let step = 0; step < 6; step++) {
      started.canvas.paint({ x: 0, y: 0, ...LARGE }, (x, y) => noise(x + step, y));
      if (step % 2) viewer.socket.write(Buffer.from('f8000000800000020461626364', 'hex'));
      await viewer.quiet(20);
    }
    await settled(started, viewer);
    await settled(started, plain);
    expect(viewer.kinds.last).toBeGreaterThan(0);
    expect(plain.kinds.last).toBeUndefined();
  });

  it('during which a viewer leaves disturbs nobody', async () => {
    const started = await share({}, LARGE);
    const leaving = await watch(started, { encodings: [TIGHT, RAW, LAST_RECT] });
    const staying = await watch(started, { encodings: [TIGHT, RAW, LAST_RECT] });
    started.canvas.paint({ x: 0, y: 0, ...LARGE }, noise);
    await leaving.until(() => leaving.rectangles.length > 0);
    leaving.close();
    started.canvas.paint({ x: 0, y: 0, ...LARGE }, (x, y) => noise(y, x));
    await settled(started, staying);
  });
});
