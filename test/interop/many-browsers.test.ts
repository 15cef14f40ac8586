import { expect, it } from 'vitest';
import { CanvasShare } from '../helpers/canvas-share.js';
import { Chromium, hashOf } from '../helpers/chromium.mjs';
import { stopAfterEach } from '../helpers/cleanup.js';
import { RfbTestViewer } from '../helpers/rfb-test-viewer.js';
import { paintScene, settled } from '../helpers/scenes.js';

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
