import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptureSource, Opening } from '../../../source/capture/capture-source.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import type { PixelMemory } from '../../../source/pixels/pixel-memory.js';
import { SharedPicture } from '../../../source/session/share/shared-picture.js';
import type { ShareTarget } from '../../../source/session/share-options.js';
import { ShareFigures } from '../../../source/session/stats/share-figures.js';
import { CanvasSource } from '../../helpers/canvas-source.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { full } from '../../helpers/full-memory.js';

const SIZE = { width: 64, height: 48 };
const TARGET: ShareTarget = { kind: 'monitor', number: 1 };

class ClosingCanvas extends CanvasSource {
  closed = false;

  override async close(): Promise<void> {
    this.closed = true;
  }
}

const settle = () => new Promise<void>(resolve => setImmediate(resolve));

let clock: FakeClock;
let memory: PixelMemory;
let sources: ClosingCanvas[];
let told: string[];
let failures: unknown[];
let picture: SharedPicture;

let openSource: (opening: Opening) => Promise<CaptureSource>;

beforeEach(async () => {
  openSource = async () => sources.at(-1)!;
  clock = new FakeClock();
  memory = createPixelMemory();
  sources = [new ClosingCanvas(SIZE)];
  told = [];
  failures = [];
  const host = {
    settings: { level: 6, quality: 'auto', fps: 60, cursor: 'auto', maxRate: null, uplink: null, paused: false },
    wanted: true,
    watchesFilm: false,
    damaged() {},
    committed() {},
    pictureChanged() {},
    cursorChanged() {},
    urgent: () => [],
    fail: (error: unknown) => failures.push(error),
  } as const;
  const parts = {
    ...{ clock, memory, figures: new ShareFigures(), options: { scrollDetection: true } },
    openSource: (_: ShareTarget, opening: Opening) => openSource(opening),
  };
  picture = new SharedPicture(parts, host, {
    sourceLost: ({ code }) => told.push(code),
    sourceBack: () => told.push('back'),
    sourceChanged: text => told.push(text),
    sourceAsks: text => told.push(text),
  });
  await picture.open(TARGET);
  picture.wake();
  await settle();
});

afterEach(() => picture.close());

describe('a lost source', () => {
  it('is reported after half a second, and once it is back', () => {
    sources[0]!.lose();
    clock.advance(499);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(['E_SOURCE_GONE']);
    sources[0]!.find();
    expect(told).toEqual(['E_SOURCE_GONE', 'back']);
  });

  it('is not reported if it is back before that, as when monitors are rearranged', () => {
    sources[0]!.lose();
    clock.advance(400);
    sources[0]!.find();
    clock.advance(10_000);
    expect(told).toEqual([]);
  });
});

describe('another source', () => {
  it('takes the place of the old one, which is closed', async () => {
    sources.push(new ClosingCanvas({ width: 100, height: 80 }));
    await picture.switchTo(TARGET);
    expect([sources[0]!.closed, sources[1]!.closed]).toEqual([true, false]);
    expect(picture.description).toMatchObject({ width: 100, height: 80 });
    expect(picture.view(false).framebuffer.width).toBe(100);
  });

  it('may ask the person, is told apart from the first one, and is not waited for when the share ends', async () => {
    let again = false;
    openSource = opening => {
      again = opening.again;
      opening.notice('your desktop asks');
      return new Promise((_, reject) => {
        opening.signal.addEventListener('abort', () => reject(opening.signal.reason));
      });
    };
    const switched = picture.switchTo(TARGET);
    switched.catch(() => {});
    await settle();
    expect([again, told]).toEqual([true, ['your desktop asks']]);
    await picture.close();
    await expect(switched).rejects.toMatchObject({ code: 'E_PORTAL_UNANSWERED' });
    expect(sources[0]!.closed).toBe(true);
  });

  it('is closed if it was opened too late', async () => {
    let opened = (_: CaptureSource) => {};
    openSource = () =>
      new Promise(resolve => {
        opened = resolve;
      });
    const switched = picture.switchTo(TARGET);
    await settle();
    const closed = picture.close();
    const late = new ClosingCanvas(SIZE);
    opened(late);
    await Promise.all([switched, closed]);
    expect(late.closed).toBe(true);
  });

  it('is closed if there is no memory for it; the old one is shared on, with its picture', async () => {
    sources[0]!.paint({ x: 0, y: 0, ...SIZE }, 0x123456);
    clock.advance(100);
    await settle();
    const { version } = picture.view(false);
    sources.push(new ClosingCanvas({ width: 4000, height: 3000 }));
    const end = full(memory);
    await expect(picture.switchTo(TARGET)).rejects.toMatchObject({ code: 'E_MEMORY' });
    end();
    expect([sources[0]!.closed, sources[1]!.closed]).toEqual([false, true]);
    expect(picture.view(false)).toMatchObject({ version, framebuffer: SIZE });
    sources[0]!.paint({ x: 1, y: 1, width: 2, height: 2 }, 0xff);
    clock.advance(100);
    await settle();
    expect(picture.view(false).version).toBe(version + 1);
    expect(failures).toEqual([]);
  });
});
