import { describe, expect, it } from 'vitest';
import { chooseSubsampling } from '../../source/codecs/encode/photographic.js';
import { jpegSize } from '../../source/codecs/jpeg/jpeg-decoder.js';
import { loadBindingJpeg } from '../../source/native/jpeg-binding.js';
import { jpegLibrary } from '../../source/native/jpeg-library.js';
import { loadNativeJpeg } from '../../source/native/jpeg-native.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import { needsNative } from '../helpers/needs-native.js';
import { plainJpegOf } from '../helpers/plain-jpeg.js';

const memory = createPixelMemory();
const SIZE = { width: 400, height: 300 };
const PLACE = { x: 33, y: 21, width: 301, height: 203 };
const QUALITY = { quality: 92, subsampling: '4:4:4' } as const;

const wave = (value: number) => Math.round(127 + 120 * Math.sin(value));

/** Soft colours, so that any quality comes close to them. */
function painted(): Framebuffer {
  const framebuffer = new Framebuffer(memory, SIZE);
  const view = new DataView(memory.memory.buffer);
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) {
      const colour = (wave(x / 40) << 16) | (wave(y / 30) << 8) | wave((x + y) / 50);
      view.setUint32(framebuffer.at(x, y), colour, true);
    }
  }
  return framebuffer;
}

function channelsOf(framebuffer: Framebuffer, inside: boolean): number[] {
  const bytes = framebuffer.bytes();
  return [...bytes].filter((_, index) => {
    const pixel = index >> 2;
    const [x, y] = [pixel % SIZE.width, Math.floor(pixel / SIZE.width)];
    const within = x >= PLACE.x && x < PLACE.x + PLACE.width && y >= PLACE.y && y < PLACE.y + PLACE.height;
    return index % 4 !== 3 && within === inside;
  });
}

type Load = typeof loadNativeJpeg;

function takesThereAndBack(load: Load): void {
  it.each([true, false])('encodes and decodes part of a framebuffer, on another thread: %s', async pooled => {
    const library = load()!;
    const from = painted();
    const jpeg = await library.compress(from, PLACE, QUALITY, pooled, bytes => Buffer.from(bytes));
    expect(jpegSize(jpeg)).toEqual({ width: PLACE.width, height: PLACE.height });
    const to = new Framebuffer(memory, SIZE);
    const decompressed = library.decompress(jpeg, PLACE, to, pooled);
    expect(to.whenReleased() !== null).toBe(pooled);
    await decompressed;
    const expected = channelsOf(from, true);
    const worst = channelsOf(to, true).reduce(
      (most, value, index) => Math.max(most, Math.abs(value - expected[index]!)),
      0,
    );
    expect(worst).toBeLessThan(10);
    expect(channelsOf(to, false).every(value => value === 0)).toBe(true);
    from.free();
    to.free();
  });

  it.each([true, false])('reports a truncated JPEG, on another thread: %s', async pooled => {
    const library = load()!;
    const jpeg = plainJpegOf(PLACE, () => 0x5a5a5a);
    const to = new Framebuffer(memory, SIZE);
    const decode = async () => library.decompress(jpeg.subarray(0, jpeg.length / 3), PLACE, to, pooled);
    await expect(decode()).rejects.toThrow(/\w+/);
    expect(to.whenReleased()).toBeNull();
    to.free();
  });

  it('handles more jobs at once than it has threads', async () => {
    const library = load()!;
    const from = painted();
    const all = Array.from({ length: 40 }, () => library.compress(from, PLACE, QUALITY, true, Buffer.from));
    const [first, ...rest] = await Promise.all(all);
    for (const each of rest) expect(first!.equals(each)).toBe(true);
    expect(from.whenReleased()).toBeNull();
    from.free();
  });
}

describe.each([
  ['called directly', loadNativeJpeg],
  ['through its package', loadBindingJpeg],
])('libjpeg-turbo %s', (_, load) =>
  needsNative(takesThereAndBack, (none: Load) => it('is not loaded', () => expect(none()).toBeNull()))(load),
);

it('JPEG is encoded and decoded in the framebuffer, with the library from the package', () => {
  expect(jpegLibrary()?.name).toBe(needsNative('library', undefined));
});

async function isHeldWhileItIsRead(): Promise<void> {
  const from = painted();
  const library = loadNativeJpeg()!;
  const before = await library.compress(from, PLACE, QUALITY, true, Buffer.from);
  const after = library.compress(from, PLACE, QUALITY, true, Buffer.from);
  expect(from.whenReleased()).not.toBeNull();
  const large = new Framebuffer(memory, { width: 4000, height: 4000 });
  expect((await after).equals(before)).toBe(true);
  expect(from.whenReleased()).toBeNull();
  large.free();
  from.free();
}

it(
  'a framebuffer that is being read is held, and where it was when the memory grows meanwhile',
  needsNative(isHeldWhileItIsRead, async () => expect(jpegLibrary()).toBeNull()),
);

describe('chroma subsampling', () => {
  it('is enough for gentle colour changes, at a higher quality', () => {
    expect(chooseSubsampling(0.8, QUALITY)).toEqual({ quality: 94, subsampling: '4:2:0' });
    expect(chooseSubsampling(3, { quality: 79, subsampling: '4:4:4' })).toEqual({ quality: 82, subsampling: '4:2:0' });
  });

  it('is not enough for colours that change from pixel to pixel', () => {
    expect(chooseSubsampling(3.02, QUALITY)).toBe(QUALITY);
  });

  it.each([
    { quality: 92, subsampling: '4:4:4', subsamplingRequested: true },
    { quality: 100, subsampling: '4:4:4' },
    { quality: 60, subsampling: '4:2:2' },
  ] as const)('is no question where %j was asked for', asked => {
    expect(chooseSubsampling(0.8, asked)).toBe(asked);
  });
});
