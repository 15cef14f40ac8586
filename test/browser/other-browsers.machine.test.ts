import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { CanvasShare } from '../helpers/canvas-share.js';
import { Chromium, hashOf } from '../helpers/chromium.mjs';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Firefox } from '../helpers/firefox.mjs';
import { noise, paintScene } from '../helpers/scenes.js';

const SIZE = { width: 640, height: 360 };
const later = stopAfterEach();

it("the page shows every pixel in Debian's Firefox, and complains of nothing", async () => {
  const share = later(await CanvasShare.startForBrowsers(SIZE));
  paintScene(share);
  const firefox = later(await Firefox.start());
  await firefox.open(share.url);
  await expect.poll(() => firefox.shown()).toEqual(hashOf(share.canvas));
  share.canvas.move({ x: 20, y: 48, width: 300, height: 172 }, 0, -28);
  share.canvas.paint({ x: 500, y: 10, width: 90, height: 60 }, noise);
  await expect.poll(() => firefox.shown()).toEqual(hashOf(share.canvas));
  expect(await firefox.state()).toBe('watching');
  expect(firefox.complaints).toEqual([]);
});

it('noVNC connects over the same WebSocket, and shows every pixel', async () => {
  const share = later(await CanvasShare.startForBrowsers(SIZE));
  paintScene(share);
  const entry = `import RFB from '@novnc/novnc'; new RFB(document.body, 'ws://' + location.host + '/rfb').qualityLevel = 9;`;
  const built = await build({
    stdin: { contents: entry, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  const html = '<!doctype html><body><script type="module" src="novnc.js"></script>';
  const chromium = later(await Chromium.start());
  // As if the share served it: a page of another origin is refused.
  const page = await chromium.open(`${share.url}novnc.html`, {
    answers: { 'novnc.html': html, 'novnc.js': built.outputFiles[0]!.text },
  });
  await expect.poll(() => page.shown()).toEqual(hashOf(share.canvas));
  share.canvas.move({ x: 20, y: 48, width: 300, height: 172 }, 0, -28);
  await expect.poll(() => page.shown()).toEqual(hashOf(share.canvas));
});
