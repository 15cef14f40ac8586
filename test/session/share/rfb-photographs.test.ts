import { describe, expect, it } from 'vitest';
import { STATIC_MS } from '../../../source/session/share/tuning.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { MovingPhoto } from '../../helpers/moving-photo.js';
import { needsNative } from '../../helpers/needs-native.js';
import { RfbTestViewer, type TestViewerOptions } from '../../helpers/rfb-test-viewer.js';
import { paintScene, photograph, settled } from '../../helpers/scenes.js';
import { ShareOfSource } from '../../helpers/share-of-source.js';

const SIZE = { width: 640, height: 400 };
const RAW = 0;
const TIGHT = 7;
const QUALITY_8 = -24;
const QUALITY_6 = -26;
const FENCE = -312;
const SHARE_STATUS = 0xd047_5354 | 0;
const COSINE = 0xd047_4353 | 0;
/** How a viewer that asks for a quality is sent photographs as Tight: exactly, where JPEG cannot be written. */
const PHOTOGRAPHS = needsNative('jpeg', 'full');
/** A photograph whose colours change gently. */
const GREY_PHOTOGRAPH = { x: 40, y: 30, width: 300, height: 200 };
const grey = (x: number, y: number) => {
  const [red, green, blue] = [16, 8, 0].map(shift => (photograph(x, y) >> shift) & 255);
  return (green! << 16) | (green! << 8) | ((green! + ((red! + blue!) >> 6)) & 255);
};

const later = stopAfterEach();

async function share(options: Partial<ShareOptions> = {}): Promise<CanvasShare> {
  return later(await CanvasShare.start(SIZE, options));
}

async function watch(started: CanvasShare, options: Partial<TestViewerOptions>): Promise<RfbTestViewer> {
  return later(await RfbTestViewer.open({ port: started.port, ...options }));
}

describe('a viewer that requests a quality', () => {
  it('gets JPEG where the content is photographic, refined once it is static; or else everything lossless', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings: [TIGHT, RAW, QUALITY_8] });
    await viewer.until(() => viewer.updates > 0);
    paintScene(started);
    await viewer.until(() => (viewer.kinds[PHOTOGRAPHS] ?? 0) > 0);
    const frames = started.figures.frames;
    await settled(started, viewer);
    // Nothing was painted meanwhile: making good is no frame.
    expect(started.figures.frames - frames).toBeLessThanOrEqual(1);
    expect(viewer.updates > started.figures.frames).toBe(needsNative(true, false));
    expect(viewer.kinds.jpeg !== undefined).toBe(needsNative(true, false));
    const before = viewer.bytes;
    await viewer.quiet(600);
    expect(viewer.bytes).toBe(before);
  });

  it('gets Cosine in place of JPEG if it supports it, refined as well, unless the sharer named an encoding', async () => {
    const started = await share();
    const viewer = await watch(started, { encodings: [TIGHT, COSINE, RAW, QUALITY_8] });
    const plain = await watch(started, { encodings: [TIGHT, RAW, QUALITY_8] });
    await viewer.until(() => viewer.updates > 0);
    started.canvas.paint(GREY_PHOTOGRAPH, grey);
    await viewer.until(() => (viewer.kinds.cosine ?? 0) > 0);
    await plain.until(() => (plain.kinds[PHOTOGRAPHS] ?? 0) > 0);
    await settled(started, viewer);
    expect(viewer.kinds.jpeg).toBeUndefined();
    expect(plain.kinds.cosine).toBeUndefined();

    // What the sharer chooses goes before what the viewer asks for.
    const better = await share({ quality: 90 });
    better.canvas.paint(GREY_PHOTOGRAPH, grey);
    const modest = await watch(better, { encodings: [TIGHT, COSINE, RAW, QUALITY_6] });
    await modest.until(() => (modest.kinds.cosine ?? 0) > 0);

    const named = await share({ encoding: 'tight' });
    named.canvas.paint(GREY_PHOTOGRAPH, grey);
    const told = await watch(named, { encodings: [TIGHT, COSINE, RAW, QUALITY_8] });
    await told.until(() => (told.kinds[PHOTOGRAPHS] ?? 0) > 0);
    await settled(named, told);
    expect(told.kinds.cosine).toBeUndefined();
  });

  it('gets no JPEG when the sharer chose lossless, or when it did not request a quality', async () => {
    const started = await share({ quality: 'lossless' });
    paintScene(started);
    const asks = await watch(started, { encodings: [TIGHT, COSINE, RAW, QUALITY_8] });
    const asksNot = await watch(started, { encodings: [TIGHT, COSINE, RAW] });
    await settled(started, asks);
    await settled(started, asksNot);
    expect(asks.kinds.jpeg ?? asks.kinds.cosine).toBeUndefined();
    expect(asksNot.kinds.jpeg ?? asksNot.kinds.cosine).toBeUndefined();
  });
});

describe('a film for a viewer that is slower than what counts as static', () => {
  it('is not refined before it stops: each update has a new picture', async () => {
    const film = new MovingPhoto({ width: 320, height: 240 });
    const started = later(await ShareOfSource.start(film, 'rfb'));
    const encodings = [TIGHT, COSINE, RAW, QUALITY_8, FENCE, SHARE_STATUS];
    const viewer = later(await RfbTestViewer.open({ port: started.port, encodings, asks: false }));
    const next = async () => {
      const before = viewer.updates;
      await new Promise(resolve => setTimeout(resolve, 2 * STATIC_MS));
      viewer.request(true);
      await viewer.until(() => viewer.updates > before);
    };
    viewer.request(false);
    await viewer.until(() => viewer.updates > 0);
    for (let picture = 0; picture < 4; picture++) await next();
    expect(viewer.kinds['only-refines']).toBeUndefined();
    film.stand();
    while ((viewer.kinds['only-refines'] ?? 0) === 0) await next();
  });
});
