import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { EchoWriter } from '../../../source/codecs/encodings/echo-data.js';
import type { Rectangle } from '../../../source/core/rectangle.js';
import type { ShareOptions } from '../../../source/session/share-options.js';
import { CanvasShare } from '../../helpers/canvas-share.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { needsNative } from '../../helpers/needs-native.js';
import { ThinLink } from '../../helpers/proxies.js';
import { RfbTestViewer } from '../../helpers/rfb-test-viewer.js';
import { letters, noise, photograph, settled } from '../../helpers/scenes.js';

const TIGHT = 7;
const QUALITY_8 = -24;
const LAST_RECT = -224;
const FENCE = -312;
const CONTINUOUS = -313;
const COPY_RECT = 1;
const ECHO = 0xd047_4543 | 0;
const ENCODINGS = [TIGHT, QUALITY_8, LAST_RECT, FENCE, CONTINUOUS];

const SIZE = { width: 320, height: 256 };
/** Encoded at once: on a busy machine other threads are late. */
const FILM: Rectangle = { x: 0, y: 0, width: 160, height: 192 };
const LETTER: Rectangle = { x: 128, y: 220, width: 9, height: 12 };
/** Pictures of a film, of which none is a moved copy of another. */
const PICTURES = Array.from({ length: 6 }, (_, picture) =>
  Uint32Array.from({ length: FILM.width * FILM.height }, (_, at) =>
    photograph((at % FILM.width) + picture * 15, Math.floor(at / FILM.width) + picture * 5),
  ),
);

/** Without native code there is no JPEG: photographs are exact, and pictures of a film seldom. */
const withJpeg = needsNative(true, false);

const later = stopAfterEach();

async function share(options: Partial<ShareOptions> = {}): Promise<CanvasShare> {
  const started = later(await CanvasShare.start(SIZE, options));
  started.canvas.paint({ x: 0, y: 0, ...SIZE }, 0xf8f8f0);
  return started;
}

async function watchOver(port: number, more: readonly number[] = []): Promise<RfbTestViewer> {
  const encodings = [...ENCODINGS, ...more];
  const viewer = later(await RfbTestViewer.open({ port, encodings, fences: true }));
  await viewer.until(() => viewer.updates > 0 && viewer.endsOfContinuous > 0);
  return viewer;
}

/** Paints a film of this many pictures a second until it is stopped. */
function play({ canvas }: CanvasShare, fps = 30): () => void {
  let picture = 0;
  const timer = setInterval(() => {
    const shown = PICTURES[picture++ % PICTURES.length]!;
    canvas.paint(FILM, (x, y) => shown[y * FILM.width + x]!);
  }, 1000 / fps);
  return () => clearInterval(timer);
}

it('film over a thin link keeps moving at a lower quality, a letter beside it goes first, and all is exact in the end', async () => {
  const started = await share();
  const link = later(await ThinLink.before(started.port, { bytesPerSecond: 40_000, delayMs: 15 }));
  const viewer = await watchOver(link.port);
  const stop = play(started);
  try {
    await viewer.until(() => viewer.updates > (withJpeg ? 12 : 3));
    const { canvas } = started;
    let alone = 0;
    for (let letter = 0; withJpeg && letter < 60 && alone < 3; letter++) {
      // In the middle of a picture.
      while (link.onItsWay < 1500) await sleep(1);
      let seen = viewer.rectangles.length;
      let { updates } = viewer;
      canvas.paint({ ...LETTER, x: LETTER.x + (letter % 8) * 12 }, 0x050505 * (letter + 1));
      for (;;) {
        await viewer.until(() => viewer.updates > updates);
        updates = viewer.updates;
        const update = viewer.rectangles.slice(seen);
        seen = viewer.rectangles.length;
        if (!update.some(({ y }) => y >= LETTER.y)) continue;
        // Without a picture of the film in the same update.
        if (update.every(({ height }) => height < 100)) alone++;
        break;
      }
      await sleep(40);
    }
    if (withJpeg) expect(alone).toBe(3);
    const [{ photoQuality, budgetMbit } = { photoQuality: null, budgetMbit: null }] = started.snapshot.viewers;
    // It asks for 92.
    if (withJpeg) expect(photoQuality).toBeLessThan(92);
    else expect(photoQuality).toBeNull();
    expect(budgetMbit).toBeGreaterThan(0);
    expect(budgetMbit).toBeLessThan(4);
  } finally {
    stop();
  }
  await settled(started, viewer);
});

it('a limit of a share is kept to, and told', async () => {
  const rate = 62_500;
  const started = await share({ maxRate: rate });
  const link = later(await ThinLink.before(started.port, { bytesPerSecond: 50_000_000, delayMs: 1 }));
  await watchOver(link.port);
  const stop = play(started);
  try {
    await sleep(300);
    const [before, began] = [link.delivered, performance.now()];
    await sleep(1500);
    const used = ((link.delivered - before) * 1000) / (performance.now() - began);
    // One picture more or less, which is larger where it is exact.
    expect(used).toBeLessThan(rate * (withJpeg ? 1.15 : 2));
    if (withJpeg) expect(used).toBeGreaterThan(rate * 0.1);
    expect(started.snapshot.viewers[0]).toMatchObject({ maxMbit: 0.5 });
    await started.sharer.command({ type: 'viewer-rate', viewer: 1, rate: 31_250 });
    await started.sharer.command({ type: 'uplink', rate: 1_250_000 });
    await sleep(300);
    expect(started.snapshot).toMatchObject({ uplinkMbit: 10, viewers: [{ maxMbit: 0.25 }] });
  } finally {
    stop();
  }
});

it('where the rate is known to be low, the first picture is coarse, and refined around the pointer first', async () => {
  const started = await share({ maxRate: 200_000 });
  const { canvas } = started;
  canvas.paint({ x: 0, y: 0, ...SIZE }, photograph);
  const viewer = await watchOver(started.port);
  canvas.point({ x: 250, y: 150, shape: null });
  const coarse = viewer.bytes;
  // Exact it is some 200 kB.
  if (withJpeg) expect(coarse).toBeLessThan(30_000);
  else expect(coarse).toBeGreaterThan(100_000);
  if (!withJpeg) return;
  const before = viewer.rectangles.length;
  await viewer.until(() => viewer.rectangles.length > before + 2);
  const [first] = viewer.rectangles.slice(before);
  expect(Math.abs(first!.x + first!.width / 2 - 250)).toBeLessThanOrEqual(64);
  expect(Math.abs(first!.y + first!.height / 2 - 150)).toBeLessThanOrEqual(32);
  await settled(started, viewer);
});

it('text that scrolls over a thin link goes as Echo to a viewer that reads it, and to nobody else', async () => {
  const started = await share();
  const link = later(await ThinLink.before(started.port, { bytesPerSecond: 100_000, delayMs: 10 }));
  const viewer = await watchOver(link.port, [COPY_RECT, ECHO]);
  const other = await watchOver(link.port, [COPY_RECT]);
  const echoes = () => viewer.kinds.echo ?? 0;
  // At first nobody knows what the link carries.
  started.canvas.paint({ x: 0, y: 0, ...SIZE }, noise);
  for (const each of [viewer, other]) await settled(started, each);
  for (let row = 0; echoes() < 12; row += 7) {
    started.canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) => letters(x, y + row));
    await sleep(15);
  }
  for (const each of [viewer, other]) await settled(started, each);
  expect(other.kinds.echo).toBeUndefined();
});

it('a drawing in Echo that is not sent, since the profile changed meanwhile, is not built on', async () => {
  const started = await share({ maxRate: 1_000_000 });
  // Without LastRect an update is sent when all of it is encoded.
  const encodings = [...ENCODINGS, COPY_RECT, ECHO].filter(each => each !== LAST_RECT);
  const viewer = later(await RfbTestViewer.open({ port: started.port, encodings, fences: true }));
  await settled(started, viewer);
  const echoes = () => viewer.kinds.echo ?? 0;
  let row = 0;
  const scroll = async () => {
    if (viewer.error) throw viewer.error;
    row += 7;
    // Echo takes no noise, which other threads deflate meanwhile.
    started.canvas.paint({ x: 0, y: 0, ...SIZE }, (x, y) =>
      x < SIZE.width / 2 ? letters(x, y + row) : noise(x + row * 1000, y),
    );
    await sleep(15);
  };
  while (echoes() < 3) await scroll();
  const lost = vi.spyOn(EchoWriter.prototype, 'lost');
  onTestFinished(() => void vi.restoreAllMocks());
  const { encode } = EchoWriter.prototype;
  let changes = 0;
  vi.spyOn(EchoWriter.prototype, 'encode').mockImplementation(function (this: EchoWriter, ...job) {
    const encoded = encode.apply(this, job);
    // While the noise is deflated.
    if (encoded && changes < 5) queueMicrotask(() => viewers.setting({ quality: ++changes % 2 ? 60 : 40 }));
    return encoded;
  });
  const { viewers } = started.sharer;
  while (changes < 5) await scroll();
  const before = echoes();
  while (echoes() < before + 3) await scroll();
  await settled(started, viewer);
  // Without native code the noise may be there at once.
  if (withJpeg) expect(lost).toHaveBeenCalled();
});
