import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWebPage } from '../../source/session/share/web-page.js';
import { Chromium } from '../helpers/chromium.mjs';
import { CINEMA, Cinema } from '../helpers/cinema.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { noVncPage } from '../helpers/no-vnc.js';
import { ownStateFolder } from '../helpers/state-folder.js';

const later = stopAfterEach();
let chromium: Chromium;
ownStateFolder('all');
beforeAll(async () => {
  chromium = await Chromium.start();
});
afterAll(() => chromium.stop());

it.each([
  ['the page', async () => readWebPage()!, 'auto'],
  // noVNC reads JPEG from data: addresses, which the share's policy forbids.
  ['noVNC', noVncPage, 'lossless'],
] as const)(
  '%s watches a film of a share as H.264, and text beside it and the menu over it exactly',
  async (_, page, quality) => {
    const cinema = later(await Cinema.openWithPage(await page(), { quality }));
    const { share } = cinema;
    cinema.over = () => cinema.menu();
    cinema.play();
    const opened = later(await chromium.open(share.url));
    await expect.poll(() => share.snapshot.viewers[0]?.encodings.h264 ?? 0).toBeGreaterThan(30);
    cinema.stop();
    const screen = cinema.rgb({ x: 0, y: 0, ...CINEMA });
    const exact = async () => Buffer.compare((await opened.rgb(CINEMA)) ?? new Uint8Array(0), screen) === 0;
    await expect.poll(exact).toBe(true);
  },
);
