import { expect, it } from 'vitest';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { NoneDisplay } from '../../../../source/display/none-display.js';
import { systemClock } from '../../../../source/node/clock.js';
import { createInflater } from '../../../../source/node/inflater.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import type { Framebuffer } from '../../../../source/pixels/framebuffer.js';
import type { WatchEvent } from '../../../../source/session/messages.js';
import type { WatchSnapshot } from '../../../../source/session/snapshot.js';
import { createClassicSession } from '../../../../source/session/watch/classic-session.js';
import { rfbSessionFactory } from '../../../../source/session/watch/rfb-session.js';
import { Watcher } from '../../../../source/session/watch/watcher.js';
import { connect } from '../../../../source/transport/connect.js';
import { CINEMA, Cinema, FILM_MENU, FILM_PICTURES, filmAt, menuAt, rgbOf } from '../../../helpers/cinema.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { psnr } from '../../../helpers/film.js';
import { WATCHED_HERE } from '../../../helpers/running-watch.js';
import { ownStateFolder } from '../../../helpers/state-folder.js';

/** A part of the film beside it. */
const BESIDE = { x: 200, y: 40, width: 60, height: 140 };

const later = stopAfterEach();
ownStateFolder('all');

class SeeingDisplay extends NoneDisplay {
  shown: Framebuffer | null = null;
  onPresent: (framebuffer: Framebuffer) => void = () => {};

  override present(framebuffer?: Framebuffer): void {
    this.shown = framebuffer ?? null;
    if (framebuffer) this.onPresent(framebuffer);
  }
}

/** A viewer that decodes with what is installed. */
class Watching {
  readonly display = new SeeingDisplay();
  readonly events: WatchEvent[] = [];
  readonly #watcher: Watcher;
  readonly #over: Promise<void>;

  constructor(port: number) {
    const memory = createPixelMemory();
    this.#watcher = new Watcher(
      { ...WATCHED_HERE, peer: { host: '127.0.0.1', port } },
      {
        ...{ clock: systemClock, memory, inflater: createInflater({ memory }), display: this.display, connect },
        wires: { classic: createClassicSession, rfb: rfbSessionFactory() },
        emit: event => this.events.push(event),
        date: Date.now,
      },
    );
    this.#over = this.#watcher.run();
  }

  get snapshot(): WatchSnapshot | null {
    const last = this.events.findLast(event => event.type === 'snapshot');
    return last?.type === 'snapshot' ? last.snapshot : null;
  }

  get warnings(): WatchEvent[] {
    return this.events.filter(event => event.type === 'notice' && event.tone === 'warning');
  }

  get pictures(): number {
    return this.snapshot?.encodings.h264 ?? 0;
  }

  /** Red, green and blue of an area. */
  rgb(area: Rectangle): Uint8Array {
    const { shown } = this.display;
    if (!shown) return new Uint8Array(area.width * area.height * 3);
    const view = new DataView(shown.memory.memory.buffer);
    return rgbOf(area, (x, y) => view.getUint32(shown.at(x, y), true));
  }

  async stop(): Promise<void> {
    this.#watcher.command({ type: 'stop' });
    await this.#over;
  }
}

it('a film is watched as H.264, a menu over it without a wrong pixel, and exactly once it stops', async () => {
  const cinema = later(await Cinema.open({}));
  const { port } = cinema.share;
  cinema.play();
  const watching = later(new Watching(port));
  await expect.poll(() => watching.pictures).toBeGreaterThan(5);
  const menu = rgbOf(FILM_MENU, menuAt);
  const wrong = () => Buffer.compare(watching.rgb(FILM_MENU), menu) !== 0;
  cinema.over = () => cinema.menu();
  let seen = 0;
  let mistakes = 0;
  watching.display.onPresent = () => {
    if (seen === 0 && wrong()) return;
    seen++;
    if (wrong()) mistakes++;
  };
  await expect.poll(() => seen).toBeGreaterThan(15);
  // What is shown now is one of its pictures.
  const shown = watching.rgb(BESIDE);
  const pictures = Array.from({ length: FILM_PICTURES }, (_, turn) => rgbOf(BESIDE, (x, y) => filmAt(x, y, turn)));
  expect(Math.max(...pictures.map(each => psnr(shown, each)))).toBeGreaterThan(28);
  const late = later(new Watching(port));
  await expect.poll(() => late.pictures).toBeGreaterThan(5);
  expect(mistakes).toBe(0);
  cinema.stop();
  const whole = { x: 0, y: 0, ...CINEMA };
  const exact = (each: Watching) => Buffer.compare(each.rgb(whole), cinema.rgb(whole)) === 0;
  await expect.poll(() => exact(watching) && exact(late)).toBe(true);
  expect(watching.snapshot?.video).toMatch(/^H\.264 by (libavcodec|OpenH264) \d/);
  expect(watching.warnings).toEqual([]);
});

it('a film goes on when the screen gets another size', async () => {
  const cinema = later(await Cinema.open({}));
  cinema.play();
  const watching = later(new Watching(cinema.share.port));
  await expect.poll(() => watching.pictures).toBeGreaterThan(5);
  cinema.stop();
  cinema.share.canvas.resize({ width: 500, height: 330 });
  await expect.poll(() => watching.snapshot?.width).toBe(500);
  const { pictures } = watching;
  cinema.play();
  await expect.poll(() => watching.pictures).toBeGreaterThan(pictures + 5);
  expect(watching.warnings).toEqual([]);
});
