import { expect, it } from 'vitest';
import { LightViewer } from '../../source/bench/light-viewer.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { Chromium, hashOf } from '../helpers/chromium.mjs';
import { stopAfterEach } from '../helpers/cleanup.js';
import { RfbTestViewer } from '../helpers/rfb-test-viewer.js';
import { noise, paintScene, settled } from '../helpers/scenes.js';

const SIZE = { width: 640, height: 360 };
/** `npm run interop` opens ten pages. */
const PAGES = process.env.PEERGLASS_INTEROP === 'whole' ? 10 : 2;
const SOCKETS = 30;
const [RAW, COPY_RECT, TIGHT, FENCE, CONTINUOUS] = [0, 1, 7, -312, -313];
const later = stopAfterEach();

it(`a class: ${SOCKETS} WebSockets that come at once and ${PAGES} pages beside them are all let in, and all are exact`, async () => {
  const share = later(await CanvasShare.startForBrowsers(SIZE));
  paintScene(share);
  const encodings = [TIGHT, COPY_RECT, RAW, FENCE, CONTINUOUS];
  const open = () => RfbTestViewer.open({ port: share.webPort, web: {}, encodings, fences: true });
  const viewers = await Promise.all(Array.from({ length: SOCKETS }, open));
  for (const viewer of viewers) later({ stop: async () => viewer.close() });
  const chromium = later(await Chromium.start());
  const pages = await Promise.all(Array.from({ length: PAGES }, () => chromium.open(share.url)));
  share.canvas.move({ x: 20, y: 48, width: 300, height: 172 }, 0, -28);
  for (const page of pages) await expect.poll(() => page.shown()).toEqual(hashOf(share.canvas));
  for (const viewer of viewers) await settled(share, viewer);
  await expect.poll(() => share.snapshot.viewers.length).toBe(SOCKETS + PAGES);
});

it(`a class: none of ${SOCKETS} WebSockets is served before the others`, async () => {
  const share = later(await CanvasShare.startForBrowsers(SIZE));
  paintScene(share);
  const connect = () => LightViewer.connect(share.webPort, { web: true });
  const viewers = await Promise.all(Array.from({ length: SOCKETS }, connect));
  for (const viewer of viewers) later({ stop: async () => viewer.close() });
  const before = viewers.map(({ updates }) => updates.length);
  const counts = () => viewers.map(({ updates }, index) => updates.length - before[index]!);
  for (let turn = 0; Math.max(...counts()) < 30; turn++) {
    share.canvas.paint({ x: (turn % 10) * 40, y: 0, width: 200, height: 200 }, (x, y) => noise(x, y + turn));
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  // What the first have been sent may still be on its way to the last.
  await expect.poll(() => Math.min(...counts())).toBeGreaterThanOrEqual(27);
});
