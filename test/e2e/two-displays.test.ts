import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { XClient } from 'x11';
import { stopAfterEach } from '../helpers/cleanup.js';
import { Program } from '../helpers/program.js';
import { readNumber, XPainter } from '../helpers/x-painter.js';
import { closeClient, connectDisplay, type Picture, readDisplay, readRoot, startXvfb } from '../helpers/xvfb.js';

const started = stopAfterEach();
const SCREEN = { width: 800, height: 600 };
const FRAMES = 12;
/** At both ends: what a machine has free may be one only. */
const THREADS = { classic: '1', rfb: '3' } as const;

/** A client of a display that looks at its pixels again and again. */
class Onlooker {
  readonly #client: XClient;
  readonly #root: number;

  private constructor(client: XClient, root: number) {
    this.#client = client;
    this.#root = root;
  }

  static async of(display: string): Promise<Onlooker> {
    const { client, screen } = await connectDisplay(display);
    return new Onlooker(client, screen.root);
  }

  /** The picture once it shows the frame with that number, at the place that was given. */
  async until(number: number, place: { x: number; y: number }): Promise<Picture> {
    for (;;) {
      const picture = await readRoot(this.#client, this.#root, { ...place, ...SCREEN });
      if (readNumber(picture.rgb, picture.width, 0, 0) === number) return picture;
      await sleep(10);
    }
  }

  /** Where the display shows this very picture, which begins with a number. */
  async find(offered: Picture, number: number): Promise<{ x: number; y: number }> {
    for (;;) {
      const { width, height, rgb } = await readRoot(this.#client, this.#root);
      for (let y = 0; y + offered.height <= height; y++) {
        for (let x = 0; x + offered.width <= width; x++) {
          if (readNumber(rgb, width, x, y) === number && showsAt({ width, height, rgb }, offered, x, y))
            return { x, y };
        }
      }
      await sleep(50);
    }
  }

  stop(): Promise<void> {
    return closeClient(this.#client);
  }
}

function showsAt(screen: Picture, part: Picture, x: number, y: number): boolean {
  for (let row = 0; row < part.height; row++) {
    const start = ((y + row) * screen.width + x) * 3;
    const line = part.width * 3;
    const shown = screen.rgb.subarray(start, start + line);
    if (Buffer.compare(shown, part.rgb.subarray(row * line, (row + 1) * line)) !== 0) return false;
  }
  return true;
}

/** Something else on each frame, on all of the screen, in fine detail and in flat areas. */
function paintFrame(painter: XPainter, number: number): void {
  const stripe = Math.floor(SCREEN.width / 16);
  for (let column = 0; column < 16; column++) {
    const colour = ((column * 37 + number * 11) & 255) * 0x010203;
    painter.fill({ x: column * stripe, y: 20, width: stripe, height: 200 }, colour & 0xffffff);
  }
  const detail = new Uint8Array(300 * 200 * 3);
  for (let at = 0; at < detail.length; at++) detail[at] = (at * (number + 3) * 2_654_435_761) >>> 21;
  painter.drawImage(40 + number * 13, 300 + number * 3, 300, 200, detail);
  painter.drawNumber(number, 0, 0);
}

describe.each(['classic', 'rfb'] as const)('from display to display over %s', wire => {
  const threads = ['--threads', THREADS[wire]];

  test('the window shows the screen pixel for pixel, in every numbered frame', async () => {
    const shared = started(await startXvfb(SCREEN));
    const viewing = started(await startXvfb({ width: 1000, height: 700 }));
    const painter = await XPainter.open(shared.display);
    started({ stop: () => painter.close() });
    paintFrame(painter, 1);
    await painter.sync();

    const size = `${SCREEN.width}x${SCREEN.height}`;
    const ports = wire === 'classic' ? ['--no-rfb', '--classic-port', '0', '--size', size] : ['--rfb-port', '0'];
    const quality = wire === 'rfb' ? ['--quality', 'lossless'] : ['--size', size];
    const share = started(
      new Program(
        [
          'share',
          '--no-web',
          '--headless',
          '--source',
          'x11',
          '--bind',
          '127.0.0.1',
          '--access',
          'open',
          '--no-cursor',
          ...threads,
          ...ports,
        ],
        { DISPLAY: shared.display },
      ),
    );
    const address = `127.0.0.1::${await share.port(wire)}`;
    const watch = started(
      new Program(['watch', address, '--wire', wire, '--headless', '--json', '--scale', '1', ...threads, ...quality], {
        DISPLAY: viewing.display,
      }),
    );
    const onlooker = started(await Onlooker.of(viewing.display));
    const place = await onlooker.find(await readDisplay(shared.display), 1);

    for (let number = 2; number <= FRAMES; number++) {
      paintFrame(painter, number);
      await painter.sync();
      const offered = await readDisplay(shared.display);
      const shown = await onlooker.until(number, place);
      // What was painted last may still be on its way when the number is there already.
      let differing = shown;
      for (let look = 0; look < 100 && Buffer.compare(offered.rgb, differing.rgb) !== 0; look++) {
        await sleep(20);
        differing = await onlooker.until(number, place);
      }
      expect(Buffer.compare(offered.rgb, differing.rgb), `frame ${number}`).toBe(0);
    }
    expect(await watch.stop()).toBe(0);
    expect(watch.watchSnapshots.at(-1)).toMatchObject({ ...SCREEN, wire });
    expect(await share.stop()).toBe(0);
  });
});
