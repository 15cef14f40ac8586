import { expect, it } from 'vitest';
import { systemClock } from '../../source/node/clock.js';
import { LIVENESS } from '../../source/transport/liveness.js';
import { CanvasShare } from '../helpers/canvas-share.js';
import { Chromium, hashOf } from '../helpers/chromium.mjs';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Firefox } from '../helpers/firefox.mjs';
import { noVncPage } from '../helpers/no-vnc.js';
import { noise, paintScene } from '../helpers/scenes.js';
import { ownStateFolder } from '../helpers/state-folder.js';

const SIZE = { width: 640, height: 360 };
const CODE = 'kafem-prawy';
const later = stopAfterEach();
ownStateFolder('all');

it("the page shows every pixel in Debian's Firefox, encrypted by the code, and complains of nothing", async () => {
  const share = later(await CanvasShare.startForBrowsers(SIZE, { access: 'code', code: CODE, encrypt: 'offered' }));
  paintScene(share);
  const firefox = later(await Firefox.start());
  await firefox.open(`${share.url}#${CODE}`);
  await expect.poll(() => firefox.shown()).toEqual(hashOf(share.canvas));
  share.canvas.move({ x: 20, y: 48, width: 300, height: 172 }, 0, -28);
  share.canvas.paint({ x: 500, y: 10, width: 90, height: 60 }, noise);
  await expect.poll(() => firefox.shown()).toEqual(hashOf(share.canvas));
  expect(await firefox.state()).toBe('watching');
  expect(share.snapshot.viewers[0]).toMatchObject({ encryption: 'ChaCha20, code' });
  expect(firefox.complaints).toEqual([]);
});

it('noVNC connects over the same WebSocket, and shows every pixel', async () => {
  // Served by the share itself, which refuses pages of another origin, and without JPEG, which noVNC reads from data:
  // addresses.
  const page = await noVncPage();
  const options = { webPort: 0, quality: 'lossless' } as const;
  const share = later(await CanvasShare.start(SIZE, options, systemClock, LIVENESS, [], () => page));
  paintScene(share);
  const chromium = later(await Chromium.start());
  const opened = await chromium.open(share.url);
  await expect.poll(() => opened.shown()).toEqual(hashOf(share.canvas));
  share.canvas.move({ x: 20, y: 48, width: 300, height: 172 }, 0, -28);
  await expect.poll(() => opened.shown()).toEqual(hashOf(share.canvas));
});
