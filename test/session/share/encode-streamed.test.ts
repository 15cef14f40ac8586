import { describe, expect, it } from 'vitest';
import type { EncodeProfile } from '../../../source/codecs/encode/encode-profile.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Framebuffer } from '../../../source/pixels/framebuffer.js';
import type { ScreenView } from '../../../source/pixels/screen.js';
import type { Cell } from '../../../source/session/share/rfb/cells.js';
import type { CachedRectangle, EncodeCache } from '../../../source/session/share/rfb/encode-cache.js';
import { encodeStreamed } from '../../../source/session/share/rfb/pending-update.js';
import { MIN_WRITE_BYTES } from '../../../source/session/share/tuning.js';

const LARGE = MIN_WRITE_BYTES;
const SMALL = 100;
const framebuffer = new Framebuffer(createPixelMemory(), { width: 4, height: 1 });
const screen = { framebuffer, version: 1 } as ScreenView;

function encoded(index: number, length: number): CachedRectangle {
  const rectangle = { x: index, y: 0, width: 1, height: 1 };
  return {
    rectangle,
    parts: [],
    bytes: Buffer.alloc(length),
    buffer: null,
    stream: null,
    firstViewer: 0,
    shared: false,
  };
}

/** Encodes rectangles of those lengths, negative ones later. @returns what happened, and which were left */
async function run(
  lengths: readonly number[],
  giveWay: (log: string[]) => Promise<void> | null = () => null,
  wanted = () => true,
): Promise<{ log: string[]; left: string[] }> {
  const log: string[] = [];
  const cache = {
    foresee() {},
    forgetForeseen() {},
    encode(_screen: ScreenView, { rectangle: { x } }: Cell) {
      log.push(`encode ${x}`);
      const result = encoded(x, Math.abs(lengths[x]!));
      return lengths[x]! < 0 ? Promise.resolve(result) : result;
    },
  } as unknown as EncodeCache;
  const tasks = lengths.map((_, x) => ({
    cell: { rectangle: { x, y: 0, width: 1, height: 1 }, version: 1 },
    profile: {} as EncodeProfile,
  }));
  const names = (rectangles: readonly CachedRectangle[]) => rectangles.map(({ rectangle: { x } }) => `${x}`);
  const rest = await encodeStreamed(tasks, screen, cache, {
    write: rectangles => void log.push(`write ${names(rectangles as readonly CachedRectangle[]).join(' ')}`),
    giveWay: () => giveWay(log),
    get wanted() {
      return wanted();
    },
  });
  return { log, left: names(await Promise.all(rest)) };
}

describe('a rectangle of an open update', () => {
  it('is written before the next is begun, where it is large', async () => {
    const { log, left } = await run([LARGE, LARGE, SMALL]);
    expect(log).toEqual(['encode 0', 'write 0', 'encode 1', 'write 1', 'encode 2']);
    expect(left).toEqual(['2']);
  });

  it('is written with others, where it is small', async () => {
    const { log, left } = await run([SMALL, SMALL, LARGE, SMALL]);
    expect(log).toEqual(['encode 0', 'encode 1', 'encode 2', 'write 0 1 2', 'encode 3']);
    expect(left).toEqual(['3']);
  });

  it('waits for an earlier one that is not encoded yet', async () => {
    const { log, left } = await run([LARGE, SMALL, -LARGE, LARGE, LARGE]);
    expect(log).toEqual(['encode 0', 'write 0', 'encode 1', 'encode 2', 'encode 3', 'encode 4']);
    expect(left).toEqual(['1', '2', '3', '4']);
  });

  it('lets the next capture begin in between, without the picture changing under those that are left', async () => {
    let heldMeanwhile: boolean | null = null;
    const { log, left } = await run([LARGE, LARGE, SMALL], log => {
      if (log.at(-1) !== 'write 0') return null;
      log.push('capture');
      return new Promise(resolve => {
        setImmediate(() => {
          heldMeanwhile = framebuffer.whenReleased() !== null;
          resolve();
        });
      });
    });
    expect(log).toEqual(['encode 0', 'write 0', 'capture', 'encode 1', 'write 1', 'encode 2']);
    expect(left).toEqual(['2']);
    expect(heldMeanwhile).toBe(true);
    expect(framebuffer.whenReleased()).toBeNull();
  });

  it('is the last where nobody wants the rest after that', async () => {
    const { log, left } = await run(
      [LARGE, SMALL, SMALL],
      log => (log.at(-1) === 'encode 1' ? Promise.resolve() : null),
      () => false,
    );
    expect(log).toEqual(['encode 0', 'write 0', 'encode 1']);
    expect(left).toEqual(['1']);
    expect(framebuffer.whenReleased()).toBeNull();
  });

  it('does not keep the picture held when the capture fails', async () => {
    const failing = run([LARGE, SMALL], log => (log.length > 0 ? Promise.reject(new Error('no display')) : null));
    await expect(failing).rejects.toThrow('no display');
    expect(framebuffer.whenReleased()).toBeNull();
  });
});
