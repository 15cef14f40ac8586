import { expect, it } from 'vitest';
import { ENCODING } from '../../source/protocols/rfb/constants.js';
import { CINEMA, Cinema } from '../helpers/cinema.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { FILM_SIZE, FILMS, filmSource, filmUnits, psnr } from '../helpers/film.js';
import { FilmServer, filmUpdate } from '../helpers/film-server.js';
import { newerProgram } from '../helpers/newer-debian.js';
import { tigerVncViewer } from '../helpers/vnc-viewers.js';
import { startXvfb } from '../helpers/xvfb.js';

const later = stopAfterEach();

// Debian 12 has TigerVNC 1.12, which knows no H.264; 1.13 and later do.
it.each(FILMS)('TigerVNC of Debian 13 shows the film of %s, in the colours of the window', async name => {
  const desk = later(await startXvfb({ width: 800, height: 600 }));
  const server = later(await FilmServer.forPrograms());
  const tiger = newerProgram('xtigervncviewer', ['tigervnc-viewer']);
  const viewer = later(tigerVncViewer(desk.display, server.port, 'film', [], tiger));
  await expect.poll(() => server.encodings).toContain(ENCODING.h264);
  const units = filmUnits(name);
  const likeness: number[] = [];
  for (const [index, unit] of units.entries()) {
    server.say(filmUpdate(unit, index === 0));
    const before = filmSource(Math.max(0, index - 1));
    const like = async () => {
      const picture = await viewer.picture();
      if (picture?.width !== FILM_SIZE.width || picture.height !== FILM_SIZE.height) return 0;
      const now = psnr(picture.rgb, filmSource(index));
      return index === 0 || now > psnr(picture.rgb, before) ? now : 0;
    };
    await expect.poll(like).toBeGreaterThan(20);
    likeness.push(await like());
  }
  expect(Math.min(...likeness)).toBeGreaterThan(30);
});

it('TigerVNC of Debian 13 watches a film of a share as H.264, and every pixel once it stops', async () => {
  const desk = later(await startXvfb({ width: 800, height: 600 }));
  const cinema = later(await Cinema.open({}));
  const { share } = cinema;
  cinema.over = () => cinema.menu();
  cinema.play();
  const tiger = newerProgram('xtigervncviewer', ['tigervnc-viewer']);
  const viewer = later(tigerVncViewer(desk.display, share.port, 'test', [], tiger));
  await expect.poll(() => share.snapshot.viewers[0]?.encodings.h264 ?? 0).toBeGreaterThan(30);
  cinema.stop();
  const screen = cinema.rgb({ x: 0, y: 0, ...CINEMA });
  const exact = async () => Buffer.compare((await viewer.picture())?.rgb ?? new Uint8Array(0), screen) === 0;
  await expect.poll(exact).toBe(true);
});
