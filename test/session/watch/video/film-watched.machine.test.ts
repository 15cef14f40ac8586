import { expect, it } from 'vitest';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { NoneDisplay } from '../../../../source/display/none-display.js';
import { systemClock } from '../../../../source/node/clock.js';
import { createInflater } from '../../../../source/node/inflater.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import type { Framebuffer } from '../../../../source/pixels/framebuffer.js';
import type { WatchEvent } from '../../../../source/session/messages.js';
import { EncoderProcess } from '../../../../source/session/share/video/encoder-process.js';
import type { WatchSnapshot } from '../../../../source/session/snapshot.js';
import { createClassicSession } from '../../../../source/session/watch/classic-session.js';
import { rfbSessionFactory } from '../../../../source/session/watch/rfb-session.js';
import { Watcher } from '../../../../source/session/watch/watcher.js';
import { connect } from '../../../../source/transport/connect.js';
import { CanvasShare } from '../../../helpers/canvas-share.js';
import { stopAfterEach } from '../../../helpers/cleanup.js';
import { psnr } from '../../../helpers/film.js';
import { WATCHED_HERE } from '../../../helpers/running-watch.js';
import { noise, text } from '../../../helpers/scenes.js';
import { ownStateFolder } from '../../../helpers/state-folder.js';

const SIZE = { width: 420, height: 300 };
const FILM = { x: 31, y: 21, width: 320, height: 240 };
const MENU = { x: 103, y: 77, width: 91, height: 67 };
/** A part of the film beside it. */
const BESIDE = { x: 220, y: 40, width: 120, height: 200 };
const PICTURE_MS = 33;

const later = stopAfterEach();
ownStateFolder('all');

/** A share of a canvas that plays a film, encoded by what is installed. */
async function cinema() {
  const share = later(
    await CanvasShare.startWithVideo(SIZE, { video: 'always' }, changed => new EncoderProcess(systemClock, changed)),
  );
  const { canvas } = share;
  canvas.paint({ x: 0, y: 0, ...SIZE }, text);
  let turn = 0;
  let menu = false;
  const draw = () => {
    turn++;
    canvas.paint(FILM, (x, y) => (menu && isIn(MENU, x, y) ? menuAt(x, y) : filmAt(x, y, turn)));
  };
  let timer = setInterval(draw, PICTURE_MS);
  later({ stop: async () => clearInterval(timer) });
  return {
    share,
    canvas,
    get turn() {
      return turn;
    },
    openMenu() {
      menu = true;
    },
    stop() {
      clearInterval(timer);
    },
    play() {
      timer = setInterval(draw, PICTURE_MS);
    },
  };
}

function menuAt(x: number, y: number): number {
  return text(x - MENU.x, y - MENU.y);
}

function filmAt(x: number, y: number, turn: number): number {
  const light = Math.round(128 + 50 * Math.sin((x + turn * 4) / 19) + 40 * Math.cos((y - turn * 3) / 13));
  return light * 0x010101 + (noise(x + turn * 7, y) & 0x0f0f0f);
}

function isIn(area: Rectangle, x: number, y: number): boolean {
  return x >= area.x && y >= area.y && x < area.x + area.width && y < area.y + area.height;
}

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

function rgbOf({ x, y, width, height }: Rectangle, at: (x: number, y: number) => number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return (at(x + (pixel % width), y + Math.floor(pixel / width)) >> (16 - 8 * (index % 3))) & 255;
  });
}

it('a film is watched as H.264, a menu over it without a wrong pixel, and exactly once it stops', async () => {
  const film = await cinema();
  const { share, canvas } = film;
  const watching = later(new Watching(share.port));
  await expect.poll(() => watching.pictures).toBeGreaterThan(5);
  const menu = rgbOf(MENU, menuAt);
  const wrong = () => Buffer.compare(watching.rgb(MENU), menu) !== 0;
  film.openMenu();
  let seen = 0;
  let mistakes = 0;
  watching.display.onPresent = () => {
    if (seen === 0 && wrong()) return;
    seen++;
    if (wrong()) mistakes++;
  };
  await expect.poll(() => seen).toBeGreaterThan(15);
  // What is shown now is one of the latest pictures.
  const shown = watching.rgb(BESIDE);
  const latest = Array.from({ length: 30 }, (_, ago) => rgbOf(BESIDE, (x, y) => filmAt(x, y, film.turn - ago)));
  expect(Math.max(...latest.map(each => psnr(shown, each)))).toBeGreaterThan(28);
  const late = later(new Watching(share.port));
  await expect.poll(() => late.pictures).toBeGreaterThan(5);
  expect(mistakes).toBe(0);
  film.stop();
  const whole = { x: 0, y: 0, ...SIZE };
  const exact = (each: Watching) =>
    Buffer.compare(
      each.rgb(whole),
      rgbOf(whole, (x, y) => canvas.at(x, y)),
    ) === 0;
  await expect.poll(() => exact(watching) && exact(late)).toBe(true);
  expect(watching.snapshot?.video).toMatch(/^H\.264 by (libavcodec|OpenH264) \d/);
  expect(watching.events.filter(event => event.type === 'notice' && event.tone === 'warning')).toEqual([]);
});

it('a film goes on when the screen gets another size', async () => {
  const { share, canvas, stop, play } = await cinema();
  const watching = later(new Watching(share.port));
  await expect.poll(() => watching.pictures).toBeGreaterThan(5);
  stop();
  canvas.resize({ width: 500, height: 330 });
  await expect.poll(() => watching.snapshot?.width).toBe(500);
  const { pictures } = watching;
  play();
  await expect.poll(() => watching.pictures).toBeGreaterThan(pictures + 5);
  expect(watching.events.filter(event => event.type === 'notice' && event.tone === 'warning')).toEqual([]);
});
