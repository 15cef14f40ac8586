import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PeerglassError } from '../../../source/core/errors.js';
import type { DisplayEvent } from '../../../source/display/display.js';
import { NoneDisplay } from '../../../source/display/none-display.js';
import { systemClock } from '../../../source/node/clock.js';
import { createInflater } from '../../../source/node/inflater.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import type { Framebuffer } from '../../../source/pixels/framebuffer.js';
import type { PlayEvent } from '../../../source/session/messages.js';
import { PlaySession } from '../../../source/session/play/play-session.js';
import type { PlayOptions } from '../../../source/session/play-options.js';
import type { PlaySnapshot } from '../../../source/session/snapshot.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { RecordedPicture } from '../../helpers/recorded-log.js';
import { paint } from '../../pixels/pictures.js';

const SIZE = { width: 40, height: 30 };
const SECONDS = 20;
const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-'));
const file = path.join(folder, 'a.pglog');
const started = stopAfterEach();
afterAll(() => rmSync(folder, { recursive: true }));

/** A colour a second: that of second n is n times 0x0a0a0a. */
beforeAll(async () => {
  const recorded = new RecordedPicture(SIZE);
  for (let second = 0; second < SECONDS; second++) {
    if (second > 0) recorded.clock.advance(1000);
    paint(recorded.framebuffer, recorded.framebuffer.bounds, () => 0x0a0a0a * second);
    await recorded.take([recorded.framebuffer.bounds]);
  }
  recorded.clock.advance(1000);
  writeFileSync(file, await recorded.end());
});

/** A window that a test plays. */
class FakeWindow extends NoneDisplay {
  override readonly interactive = true as never;
  shown: Framebuffer | null = null;
  banner: string | null = null;
  title = '';
  events: DisplayEvent[] = [];

  override present(framebuffer?: Framebuffer): void {
    this.shown = framebuffer ?? null;
  }

  override setBanner(text?: string | null): void {
    this.banner = text ?? null;
  }

  override setTitle(text?: string): void {
    this.title = text ?? '';
  }

  override pump(): DisplayEvent[] {
    return this.events.splice(0);
  }

  /** The second whose colour is shown. */
  get second(): number | null {
    return this.shown && this.shown.bytes()[0]! / 0x0a;
  }

  press(...keys: readonly string[]): void {
    this.events.push(...keys.map(key => ({ type: 'key', key }) as const));
  }
}

class NoWindow extends FakeWindow {
  override async prepare(): Promise<void> {
    throw new PeerglassError('E_NO_DISPLAY', 'No display to open a window on.');
  }
}

const OPTIONS: PlayOptions = {
  ...{ file, view: 'sdl', scale: 'fit', fullscreen: false, at: null, speed: 1, skipStill: false },
  ...{ threads: 1, snapshotFile: null, endsAtEnd: false, terminalCells: null },
};

class Playing {
  readonly window: FakeWindow;
  readonly events: PlayEvent[] = [];
  readonly session: PlaySession;
  readonly #over: Promise<void>;

  constructor(options: Partial<PlayOptions> = {}, window = new FakeWindow()) {
    this.window = window;
    const memory = createPixelMemory();
    this.session = new PlaySession(
      { ...OPTIONS, ...options },
      {
        ...{
          clock: systemClock,
          memory,
          inflater: createInflater({ memory }),
          jpeg: null,
          video: null,
          display: this.window,
        },
        emit: event => this.events.push(event),
        date: Date.now,
      },
    );
    this.#over = this.session.run();
  }

  get snapshot(): PlaySnapshot | null {
    const last = this.events.findLast(event => event.type === 'snapshot');
    return last?.type === 'snapshot' ? last.snapshot : null;
  }

  get ended() {
    return this.events.find(event => event.type === 'ended') ?? null;
  }

  async until(condition: () => boolean): Promise<void> {
    await expect.poll(condition, { interval: 5 }).toBe(true);
  }

  /** At once, where the recording has ended already. */
  async stop(): Promise<void> {
    this.session.command({ type: 'stop' });
    await this.#over;
  }
}

describe('a recording that is played', () => {
  test('follows the keys of its window', async () => {
    const playing = started(new Playing());
    const { window } = playing;
    await playing.until(() => playing.snapshot?.state === 'playing');
    window.press(' ', '5');
    await playing.until(() => window.second === 10);
    await playing.until(() => playing.snapshot?.state === 'paused');
    expect(window.banner).toBe('0:10 / 0:20  paused');
    window.press('right');
    await playing.until(() => window.second === 15);
    window.press('left', 'left');
    await playing.until(() => window.second === 5);
    window.press('.', '.');
    await playing.until(() => window.second === 7);
    window.press(',');
    await playing.until(() => window.second === 6);
    window.press(']');
    await playing.until(() => window.banner === '0:06 / 0:20  paused  2x');
    await playing.until(() => window.title.includes('0:06 / 0:20  paused  2x'));
    window.press('up');
    await playing.until(() => window.second === 19);
    window.press('i');
    await playing.until(() => playing.snapshot?.skipStill === true);
    window.press('q');
    await playing.until(() => playing.ended !== null);
    expect(playing.ended).toMatchObject({ error: null });
  });

  test('tells what it is and where it is', async () => {
    const playing = started(new Playing({ at: 3.5, speed: 0.25 }));
    await playing.until(() => playing.snapshot?.state === 'playing');
    expect(playing.window.second).toBe(3);
    expect(playing.snapshot).toMatchObject({
      ...{ role: 'play', file, ...SIZE, name: 'a test', durationMs: 20_000, updates: 19, update: 3 },
      ...{ complete: true, speed: 0.25, skipStill: false },
    });
    expect(playing.snapshot!.positionMs).toBeGreaterThanOrEqual(3500);
    expect(playing.snapshot!.positionMs).toBeLessThan(4500);
  });

  test.each([
    [7.2, 7],
    [null, 19],
  ])('gives away its picture at %s s', async (at, second) => {
    const snapshotFile = path.join(folder, `${second}.png`);
    const playing = started(new Playing({ at, snapshotFile, view: 'none' }));
    await playing.until(() => playing.ended !== null);
    expect(playing.ended).toMatchObject({ error: null });
    const { width, height, data } = PNG.sync.read(readFileSync(snapshotFile));
    expect([width, height, data[0]]).toEqual([40, 30, second * 0x0a]);
  });

  test('is played again after its end; without a dashboard it ends there', async () => {
    const playing = started(new Playing({ at: 19.9 }));
    await playing.until(() => playing.snapshot?.state === 'ended');
    expect(playing.ended).toBe(null);
    playing.window.press(' ');
    await playing.until(() => playing.window.second === 0);
    const headless = started(new Playing({ at: 19.9, endsAtEnd: true }));
    await headless.until(() => headless.ended !== null);
    expect(headless.ended).toMatchObject({ error: null });
    expect(headless.snapshot).toMatchObject({ positionMs: 20_000, update: 19 });
  });

  test('says when it was cut off', async () => {
    const cut = path.join(folder, 'cut.pglog');
    writeFileSync(cut, readFileSync(file).subarray(0, -40));
    const playing = started(new Playing({ file: cut }));
    await playing.until(() => playing.snapshot !== null);
    expect(playing.snapshot).toMatchObject({ complete: false });
    expect(playing.events.find(event => event.type === 'notice')).toMatchObject({
      text: expect.stringContaining('cut off'),
    });
  });

  test.each([
    ['a file that is no recording', { file: path.join(folder, '..') }, 'E_REPLAY_FILE'],
    ['a time after its end', { at: 21 }, 'E_USAGE'],
    ['a picture that cannot be saved', { snapshotFile: path.join(folder, 'none', 'a.png') }, 'E_SNAPSHOT'],
  ])('ends with an error for %s', async (_, options, code) => {
    const playing = started(new Playing(options));
    await playing.until(() => playing.ended !== null);
    expect(playing.ended).toMatchObject({ error: { code } });
    expect(existsSync(path.join(folder, 'none'))).toBe(false);
  });

  test.each([
    ['nothing', ''],
    ['a FIFO that nobody writes to', 'fifo'],
  ])('%s is refused as a recording, without a display to show it on', async (_, name) => {
    if (name !== '') execFileSync('mkfifo', [path.join(folder, name)]);
    const playing = started(new Playing({ file: name && path.join(folder, name) }, new NoWindow()));
    await playing.until(() => playing.ended !== null);
    expect(playing.ended).toMatchObject({ error: { code: 'E_REPLAY_FILE' } });
  });

  test('and a right one is not, for which a display lacks', async () => {
    const playing = started(new Playing({}, new NoWindow()));
    await playing.until(() => playing.ended !== null);
    expect(playing.ended).toMatchObject({ error: { code: 'E_NO_DISPLAY' } });
  });
});
