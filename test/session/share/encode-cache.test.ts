import { describe, expect, it } from 'vitest';
import { chooseProfile, losslessProfile } from '../../../source/codecs/encode/encode-profile.js';
import { qualityOfLevel, qualityOfPercent } from '../../../source/codecs/encode/levels.js';
import { WirePixels } from '../../../source/codecs/encode/wire-pixels.js';
import { BGR233, BGRX } from '../../../source/core/pixel-format.js';
import { area, type Rectangle } from '../../../source/core/rectangle.js';
import { nodeCompressors } from '../../../source/node/compressors.js';
import { createPixelMemory } from '../../../source/node/load-kernels.js';
import { Region } from '../../../source/pixels/region.js';
import { Screen } from '../../../source/pixels/screen.js';
import { CellCuts, cutEvenly, cutOnGrid, cutStrips, presentCell } from '../../../source/session/share/rfb/cells.js';
import { EncodeCache } from '../../../source/session/share/rfb/encode-cache.js';
import { needsNative } from '../../helpers/needs-native.js';
import { noise } from '../../helpers/scenes.js';

const memory = createPixelMemory();
const SIZE = { width: 600, height: 300 };
const profile = chooseProfile([7], new WirePixels(BGRX), 2, null, nodeCompressors);

function screenOf(): Screen {
  const screen = new Screen(memory, SIZE);
  paint(screen, { x: 0, y: 0, ...SIZE }, 1);
  return screen;
}

function paint(screen: Screen, rectangle: Rectangle, seed: number) {
  const view = new DataView(memory.memory.buffer);
  for (let y = rectangle.y; y < rectangle.y + rectangle.height; y++) {
    for (let x = rectangle.x; x < rectangle.x + rectangle.width; x++) {
      view.setUint32(screen.incoming.at(x, y), noise(x, y) ^ (seed * 0x10203), true);
    }
  }
  return screen.commit([rectangle], 0)!;
}

describe('cells', () => {
  it.each([
    [{ x: 3, y: 5, width: 1, height: 1 }],
    [{ x: 3, y: 5, width: 300, height: 70 }],
    [{ x: 0, y: 0, width: 1920, height: 1080 }],
    [{ x: 7, y: 9, width: 1000, height: 200 }],
  ])('cut %j without gaps, overlaps or slivers', rectangle => {
    for (const cells of [cutEvenly(rectangle), cutOnGrid([rectangle]), cutStrips(rectangle)]) {
      expect(cells.reduce((sum, cell) => sum + area(cell), 0)).toBe(area(rectangle));
      expect(Region.of([rectangle]).subtract(Region.of(cells)).isEmpty).toBe(true);
    }
    const widths = cutEvenly(rectangle).map(({ width }) => width);
    expect(Math.max(...widths) - Math.min(...widths)).toBeLessThanOrEqual(1);
  });

  it('know the version that last changed them', () => {
    const screen = screenOf();
    const place = { x: 100, y: 100, width: 50, height: 50 };
    const entry = paint(screen, place, 7);
    expect(new CellCuts().cellsOf(entry, screen)).toEqual([{ rectangle: entry.rectangles[0], version: 2 }]);
    expect(presentCell(screen, { x: 120, y: 120, width: 10, height: 10 }).version).toBe(2);
    expect(presentCell(screen, { x: 300, y: 10, width: 10, height: 10 }).version).toBe(1);
    for (let seed = 0; seed < 60; seed++) paint(screen, { x: 500, y: 250, width: 30, height: 30 }, seed * 9);
    // The journal's newest entries know nothing of it any more; its tile does.
    expect(presentCell(screen, { x: 120, y: 120, width: 5, height: 5 }).version).toBe(2);
    screen.free();
  });
});

describe('the cells of a commit', () => {
  it('are wide strips where the picture was photographic, and do not change after the first request', () => {
    const screen = screenOf();
    const cuts = new CellCuts();
    const whole = { x: 0, y: 0, ...SIZE };
    const before = paint(screen, whole, 2);
    expect(cuts.cellsOf(before, screen).map(({ rectangle }) => rectangle)).toEqual(cutEvenly(whole));
    cuts.note(screen, [{ encoding: 'tight-jpeg', rectangle: whole, lossy: true, length: 1 }]);
    expect(cuts.cellsOf(before, screen).map(({ rectangle }) => rectangle)).toEqual(cutEvenly(whole));
    const after = paint(screen, whole, 3);
    expect(cuts.cellsOf(after, screen).map(({ rectangle }) => rectangle)).toEqual(cutStrips(whole));
    cuts.note(screen, [{ encoding: 'tight', rectangle: { ...whole, height: 150 }, lossy: false, length: 1 }]);
    const text = paint(screen, whole, 4);
    expect(cuts.cellsOf(text, screen).map(({ rectangle }) => rectangle)).toEqual(cutEvenly(whole));
    screen.free();
  });
});

describe('the encode cache', () => {
  const cell = { rectangle: { x: 0, y: 0, width: 256, height: 128 }, version: 1 };

  it('encodes a cell once, also while it is in progress', async () => {
    const screen = screenOf();
    let encoded = 0;
    const cache = new EncodeCache(memory, nodeCompressors, new CellCuts(), () => encoded++);
    const first = cache.encode(screen, cell, profile, true);
    const second = cache.encode(screen, cell, profile, true);
    expect(first).toBeInstanceOf(Promise);
    expect(await second).toBe(await first);
    expect(cache.encode(screen, cell, profile, false)).toBe(await first);
    expect(encoded).toBe(1);
    expect(cache.has(screen, cell, profile)).toBe(true);
    cache.free();
    screen.free();
  });

  it('distinguishes versions, rectangles, profiles and screens', () => {
    const [screen, other] = [screenOf(), screenOf()];
    let encoded = 0;
    const cache = new EncodeCache(memory, nodeCompressors, new CellCuts(), () => encoded++);
    const small = { rectangle: { x: 0, y: 0, width: 20, height: 20 }, version: 1 };
    cache.encode(screen, small, profile, false);
    cache.encode(screen, { ...small, version: 2 }, profile, false);
    cache.encode(screen, { ...small, rectangle: { ...small.rectangle, x: 1 } }, profile, false);
    cache.encode(screen, small, chooseProfile([7], new WirePixels(BGR233), 2, null, nodeCompressors), false);
    cache.encode(screen, small, chooseProfile([16], new WirePixels(BGRX), 2, null, nodeCompressors), false);
    cache.encode(other, small, profile, false);
    expect(encoded).toBe(6);
    for (const each of [screen, other]) each.free();
    cache.free();
  });

  it('evicts the least recently used entry', () => {
    const screen = screenOf();
    const cache = new EncodeCache(memory, nodeCompressors, new CellCuts(), () => {}, 400_000);
    const at = (index: number) => ({ rectangle: { x: index * 10, y: 0, width: 100, height: 100 }, version: 1 });
    for (let index = 0; index < 40; index++) {
      cache.encode(screen, at(index), profile, false);
      cache.encode(screen, at(0), profile, false);
      expect(cache.bytes).toBeLessThanOrEqual(400_000);
    }
    expect(cache.has(screen, at(0), profile)).toBe(true);
    expect(cache.has(screen, at(39), profile)).toBe(true);
    expect(cache.has(screen, at(1), profile)).toBe(false);
    cache.free();
    screen.free();
  });
});

/** For a few photographs: as JPEG, or exactly where it cannot be written. */
const ROOM = needsNative(300_000, 900_000);

describe('the bytes of the encode cache', () => {
  const photographs = chooseProfile(
    [7],
    new WirePixels(BGRX),
    2,
    { quality: 90, subsampling: '4:4:4' },
    nodeCompressors,
  );
  const whole = { x: 0, y: 0, ...SIZE };
  const at = (version: number) => ({ rectangle: whole, version });

  function paintPhotograph(screen: Screen, seed: number) {
    const view = new DataView(memory.memory.buffer);
    for (let y = 0; y < SIZE.height; y++) {
      for (let x = 0; x < SIZE.width; x++) {
        const grey = (noise(x, y + seed) & 31) + ((x * 3 + y + seed * 40) & 127);
        view.setUint32(screen.incoming.at(x, y), grey * 0x010101 + ((x >> 2) & 15), true);
      }
    }
    return screen.commit([whole], 0)!.version;
  }

  it.each([false, true])('are reused once everybody has written them, not before (pooled: %s)', async pooled => {
    const screen = screenOf();
    const cache = new EncodeCache(memory, nodeCompressors, new CellCuts(), () => {}, ROOM);
    const versions = Array.from({ length: 12 }, (_, seed) => paintPhotograph(screen, seed));
    const first = cache.encode(screen, at(versions[0]!), photographs, pooled);
    const [mine, theirs] = [await first, await cache.encode(screen, at(versions[0]!), photographs, pooled)];
    expect(theirs).toBe(mine);
    expect(mine.buffer).not.toBeNull();
    const before = Buffer.from(mine.bytes);
    const churn = async (from: number) => {
      const memories = new Set<ArrayBufferLike>();
      for (const version of versions.slice(from, from + 5)) {
        const other = await cache.encode(screen, at(version), photographs, pooled);
        memories.add(other.bytes.buffer);
        other.buffer?.release();
      }
      return memories;
    };
    // Longer than the cache remembers: only those who asked still keep it.
    expect((await churn(1)).has(mine.bytes.buffer)).toBe(false);
    expect(cache.has(screen, at(versions[0]!), photographs)).toBe(false);
    mine.buffer?.release();
    expect((await churn(6)).has(mine.bytes.buffer)).toBe(false);
    expect(Buffer.from(theirs.bytes).equals(before)).toBe(true);
    theirs.buffer?.release();
    expect((await churn(1)).has(theirs.bytes.buffer)).toBe(true);
    cache.free();
    screen.free();
  });
});

describe('two shares in one process', () => {
  const whole = { x: 0, y: 0, ...SIZE };
  const cacheOf = (cuts = new CellCuts()) => new EncodeCache(memory, nodeCompressors, cuts, () => {});
  const bytesOf = async (cache: EncodeCache, screen: Screen, x: number) => {
    const cell = { rectangle: { x, y: 0, width: 100, height: 200 }, version: 1 };
    return cache.encode(screen, cell, profile, false);
  };

  it('send the same bytes as each would alone', async () => {
    const screen = screenOf();
    const places = [0, 100, 200, 300, 400];
    const sent = async (cache: EncodeCache, between: () => unknown) => {
      const bytes: string[] = [];
      for (const x of places) {
        bytes.push(Buffer.from((await bytesOf(cache, screen, x)).bytes).toString('hex'));
        await between();
      }
      cache.free();
      return bytes;
    };
    const alone = await sent(cacheOf(), () => {});
    const other = cacheOf();
    let at = 0;
    expect(await sent(cacheOf(), () => bytesOf(other, screen, at++))).toEqual(alone);
    other.free();
    screen.free();
  });

  it('share no buffers', async () => {
    const screen = screenOf();
    const [one, other] = [cacheOf(), cacheOf()];
    const mine = await bytesOf(one, screen, 0);
    mine.buffer!.release();
    one.free();
    const theirs = await bytesOf(other, screen, 0);
    expect(theirs.bytes.length).toBe(mine.bytes.length);
    expect(theirs.bytes.buffer).not.toBe(mine.bytes.buffer);
    other.free();
    screen.free();
  });

  it('cut their commits by their own photographic areas', () => {
    const screen = screenOf();
    const [one, other] = [new CellCuts(), new CellCuts()];
    one.note(screen, [{ encoding: 'tight-jpeg', rectangle: whole, lossy: true, length: 1 }]);
    const entry = paint(screen, whole, 2);
    expect(one.cellsOf(entry, screen).map(({ rectangle }) => rectangle)).toEqual(cutStrips(whole));
    expect(other.cellsOf(entry, screen).map(({ rectangle }) => rectangle)).toEqual(cutEvenly(whole));
    screen.free();
  });
});

describe('profiles', () => {
  const pixels = new WirePixels(BGRX);

  it('follow the order of the viewer, among what is known', () => {
    expect(chooseProfile([-260, 21, 16, 7], pixels, 2, null, nodeCompressors).key).toMatch(/^zrle/);
    expect(chooseProfile([5, 7], pixels, 2, null, nodeCompressors).key).toMatch(/^hextile/);
    expect(chooseProfile([], pixels, 2, null, nodeCompressors).key).toMatch(/^raw/);
  });

  it('have TRLE only if no encoding that it yields to is listed, whatever the order', () => {
    expect(chooseProfile([15, 5], pixels, 2, null, nodeCompressors).key).toMatch(/^hextile/);
    expect(chooseProfile([5, 15], pixels, 2, null, nodeCompressors).key).toMatch(/^hextile/);
    expect(chooseProfile([15], pixels, 2, null, nodeCompressors)).toMatchObject({
      encoding: 'trle',
      deflates: false,
      jpeg: null,
    });
    expect(chooseProfile([15, 5, 16], pixels, 2, null, nodeCompressors).key).toMatch(/^hextile/);
    for (const better of [7, 16, 6]) {
      expect(chooseProfile([15, better], pixels, 2, null, nodeCompressors).key).not.toMatch(/^trle/);
      expect(chooseProfile([better, 15], pixels, 2, null, nodeCompressors).key).not.toMatch(/^trle/);
    }
  });

  it('are the same for levels of a class, and for encodings that do not deflate', () => {
    const key = (encoding: number, level: number) =>
      chooseProfile([encoding], pixels, level, null, nodeCompressors).key;
    expect(key(7, 2)).toBe(key(7, 3));
    expect(key(7, 1)).not.toBe(key(7, 2));
    expect(key(5, 0)).toBe(key(5, 9));
  });

  it('have JPEG only in Tight, and none when lossless', () => {
    const quality = qualityOfLevel(8);
    expect(chooseProfile([16], pixels, 2, quality, nodeCompressors).jpeg).toBeNull();
    const lossy = chooseProfile([7], pixels, 2, quality, nodeCompressors);
    expect(lossy.jpeg).toEqual(needsNative({ quality: 92, subsampling: '4:4:4' }, null));
    expect(losslessProfile(lossy).key).toBe(chooseProfile([7], pixels, 2, null, nodeCompressors).key);
  });

  it('take percentages in classes of five', () => {
    expect(qualityOfPercent(81)).toEqual({ quality: 80, subsampling: '4:4:4' });
    expect(qualityOfPercent(1)).toEqual({ quality: 5, subsampling: '4:2:0' });
  });
});
