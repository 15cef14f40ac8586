import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENCODING, PSEUDO_ENCODING } from '../../source/protocols/rfb/constants.js';
import { readWebPage } from '../../source/session/share/web-page.js';
import { Chromium } from '../helpers/chromium.mjs';
import { stopAfterEach } from '../helpers/cleanup.js';
import { FILM_SIZE, filmSource, filmUnits, psnr } from '../helpers/film.js';
import { FilmServer, filmUpdate } from '../helpers/film-server.js';
import { NetworkNamespace } from '../helpers/network-namespace.js';
import { noVncPage } from '../helpers/no-vnc.js';

/** The first pictures, and a later one with which decoding begins. */
const PICTURES = [0, 1, 2, 8, 9] as const;
/** Of the viewer's window (decoder-process.machine.test.ts), so that colours are the same in all of them. */
const LIKENESS = [33.3, 34.9, 36.6, 36.9, 38.2] as const;

const later = stopAfterEach();
let chromium: Chromium;
beforeAll(async () => {
  chromium = await Chromium.start();
});
afterAll(() => chromium.stop());

/** Plays a film to the page that this server serves. @returns how like its source each picture is that it shows */
async function play(server: FilmServer) {
  const opened = later(await chromium.open(server.url));
  await expect.poll(() => server.encodings).toContain(ENCODING.h264);
  const units = filmUnits('x264');
  const likeness: number[] = [];
  for (const [turn, index] of PICTURES.entries()) {
    server.say(filmUpdate(units[index]!, index === 0));
    const before = filmSource(PICTURES[Math.max(0, turn - 1)]!);
    const like = async () => {
      const rgb = await opened.rgb(FILM_SIZE);
      if (!rgb) return 0;
      // Until it has come, the one before is shown.
      const now = psnr(rgb, filmSource(index));
      return turn === 0 || now > psnr(rgb, before) ? now : 0;
    };
    await expect.poll(like).toBeGreaterThan(20);
    likeness.push(await like());
  }
  return { opened, likeness };
}

function isInTheSameColours(likeness: readonly number[]): void {
  expect(likeness.map((each, index) => Math.abs(each - LIKENESS[index]!)).filter(off => off > 0.2)).toEqual([]);
}

it('the page shows film by WebCodecs, in the colours of the window', async () => {
  const server = later(await FilmServer.forBrowsers(readWebPage()!));
  const { opened, likeness } = await play(server);
  isInTheSameColours(likeness);
  expect(server.encodings).toContain(PSEUDO_ENCODING.videoMask);
  expect(opened.complaints).toEqual([]);
});

it('the page asks for no film where plain http keeps WebCodecs from it', async () => {
  const network = later(new NetworkNamespace());
  const server = later(await FilmServer.forBrowsers(readWebPage()!, network.here));
  later(await chromium.open(server.url));
  await expect.poll(() => server.encodings).toContain(ENCODING.tight);
  expect(server.encodings).not.toContain(ENCODING.h264);
  expect(server.encodings).not.toContain(PSEUDO_ENCODING.videoMask);
});

it('noVNC shows film, in the colours of the window', async () => {
  const server = later(await FilmServer.forBrowsers(await noVncPage()));
  isInTheSameColours((await play(server)).likeness);
});
