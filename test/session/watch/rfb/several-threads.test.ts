import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EncodeScratch, ZLIB_HEADER } from '../../../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../../../source/codecs/encode/wire-pixels.js';
import { encodeCosine } from '../../../../source/codecs/encodings/cosine-data.js';
import { compactLength, encodeTight } from '../../../../source/codecs/encodings/tight.js';
import { ByteReader } from '../../../../source/core/byte-reader.js';
import { joined } from '../../../../source/core/bytes.js';
import { BGRX } from '../../../../source/core/pixel-format.js';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { systemClock } from '../../../../source/node/clock.js';
import { nodeCompressors } from '../../../../source/node/compressors.js';
import { createInflater } from '../../../../source/node/inflater.js';
import { createPixelMemory } from '../../../../source/node/load-kernels.js';
import { bgrxToRgb, Framebuffer } from '../../../../source/pixels/framebuffer.js';
import type { PixelMemory } from '../../../../source/pixels/pixel-memory.js';
import { hasVectors } from '../../../../source/pixels/vectors.js';
import { ENCODING, TIGHT } from '../../../../source/protocols/rfb/constants.js';
import type { RectangleHeader } from '../../../../source/protocols/rfb/messages.js';
import { RfbPicture } from '../../../../source/session/watch/rfb/rfb-picture.js';
import { failingThreads, memoryOf, THREADS } from '../../../helpers/kernel-threads.js';
import { MovingPhoto } from '../../../helpers/moving-photo.js';
import { paint } from '../../../pixels/pictures.js';

const SIZE = { width: 640, height: 960 };

/** One rectangle on the wire, without its header. */
interface Sent {
  readonly header: RectangleHeader;
  readonly data: Uint8Array;
}

const alone = createPixelMemory();
const scratch = new EncodeScratch(alone, nodeCompressors);
const shared = new Framebuffer(alone, SIZE);
const drawn = new Framebuffer(alone, SIZE);

function photograph(rectangle: Rectangle): Sent {
  const job = { framebuffer: shared, rectangle, pixels: new WirePixels(BGRX), level: 2, jpeg: null, pooled: false };
  const cosine = joined(encodeCosine(job, { quality: 92, subsampling: '4:4:4' }, scratch));
  const data = joined([Uint8Array.of(TIGHT.jpeg), compactLength(cosine.length), cosine]);
  return { header: { ...rectangle, encoding: ENCODING.tight }, data };
}

/** The pixels of a stream that the next rectangle on it may refer to. */
type Histories = (Uint8Array | null)[];

/**
 * Pixels, deflated in one of the four streams, as a rectangle that begins it anew or goes on with it.
 * @param damaged a byte in the middle is another one
 */
function deflated(
  rectangle: Rectangle,
  stream: number,
  begins: boolean,
  histories: Histories,
  { damaged = false, rows = rectangle.height } = {},
): Sent {
  const { width, height } = rectangle;
  const pixels = alone.allocate(width * height * 3);
  bgrxToRgb(shared, rectangle, pixels);
  const data = alone.bytes(pixels, width * rows * 3).slice();
  alone.free(pixels);
  if (data.length < TIGHT.minToCompress)
    return { header: { ...rectangle, encoding: ENCODING.tight }, data: joined([Uint8Array.of(0), data]) };
  const history = begins ? null : (histories[stream] ?? null);
  const reset = history === null;
  const dictionary = history ? { dictionary: history } : {};
  const block = deflateRawSync(data, { ...dictionary, level: 1, finishFlush: constants.Z_SYNC_FLUSH });
  if (damaged) block.fill(0xff, block.length >> 1, (block.length >> 1) + 40);
  histories[stream] = joined([history ?? new Uint8Array(0), data]).slice(-32_768);
  const bytes = reset ? joined([ZLIB_HEADER, block]) : block;
  const control = (stream << TIGHT.streamShift) | (reset ? 1 << stream : 0);
  return {
    header: { ...rectangle, encoding: ENCODING.tight },
    data: joined([Uint8Array.of(control), compactLength(bytes.length), bytes]),
  };
}

/** A drawing of few colours, as peerglass sends it. */
function drawing(rectangle: Rectangle, colours: number): Sent {
  paint(drawn, rectangle, (x, y) => (((x * 7 + y * 3) >> 2) % colours) * 0x1f0703);
  const job = { framebuffer: drawn, rectangle, pixels: new WirePixels(BGRX), level: 1, jpeg: null, pooled: false };
  const encoded = encodeTight(job, scratch);
  if (encoded instanceof Promise) throw new Error('small ones are encoded at once');
  return { header: { ...rectangle, encoding: ENCODING.tight }, data: encoded.bytes.slice(12) };
}

/** What copies the photographs above or beneath it, decoded or not. */
function copy({ x, y, width, height }: Rectangle): Sent {
  const [fromX, fromY] = [SIZE.width - x - width, SIZE.height - y - height];
  const data = Uint8Array.of(fromX >> 8, fromX & 255, fromY >> 8, fromY & 255);
  return { header: { x, y, width, height, encoding: ENCODING.copyRect }, data };
}

class Viewer {
  readonly picture: RfbPicture;
  readonly framebuffer: Framebuffer;

  constructor(memory: PixelMemory) {
    this.framebuffer = new Framebuffer(memory, SIZE);
    const host = { memory, inflater: createInflater({ memory }), clock: systemClock };
    this.picture = new RfbPicture(
      { ...host, resize: () => this.framebuffer, resized: () => {}, renamed: () => {} },
      SIZE,
      BGRX,
      null,
    );
  }

  /** Shows an update as a connection does. */
  async update(rectangles: readonly Sent[]): Promise<Uint8Array> {
    const reader = new ByteReader();
    this.picture.begin();
    for (const { header, data } of rectangles) {
      reader.push(data);
      if (this.picture.mustWait(header)) await this.picture.settle();
      expect(this.picture.rectangle(header, reader)).toBe('done');
    }
    await this.picture.settle();
    this.picture.finish();
    return this.framebuffer.bytes().slice();
  }

  free(): void {
    this.picture.free();
    this.framebuffer.free();
  }
}

const place = fc
  .record({
    x: fc.nat(240),
    y: fc.nat(200),
    width: fc.integer({ min: 1, max: 240 }),
    height: fc.integer({ min: 1, max: 120 }),
  })
  .map(({ x, y, width, height }): Rectangle => ({ x, y, width, height }));
const update = fc.array(fc.record({ place, copied: fc.integer({ min: 0, max: 3 }) }), { maxLength: 24 });
const drawings = fc.array(
  fc.record({
    place,
    what: fc.constantFrom('stream', 'drawing', 'copy', 'photograph'),
    stream: fc.nat(3),
    begins: fc.boolean(),
    colours: fc.integer({ min: 1, max: 300 }),
  }),
  { maxLength: 40 },
);

beforeAll(async () => {
  await new MovingPhoto(SIZE).read([shared.bounds], shared);
});

describe.runIf(hasVectors()).each(THREADS)('a viewer with %i threads', threads => {
  let memory: PixelMemory;
  beforeAll(async () => {
    memory = await memoryOf(threads);
  });
  afterAll(() => memory.threads?.end());

  it('shows the same pixels, however photographs overlap and are copied', async () => {
    await fc.assert(
      fc.asyncProperty(update, async parts => {
        const sent: Sent[] = [];
        for (const { place, copied } of parts) sent.push(copied === 0 ? copy(place) : photograph(place));
        const viewers = [new Viewer(memory), new Viewer(alone)] as const;
        const [shown, expected] = [await viewers[0].update(sent), await viewers[1].update(sent)];
        for (const viewer of viewers) viewer.free();
        expect(Buffer.compare(shown, expected)).toBe(0);
      }),
      { numRuns: 12 },
    );
  });

  it('shows the same drawings, whether or not they begin a stream anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(drawings, { minLength: 1, maxLength: 3 }), async updates => {
        const viewers = [new Viewer(memory), new Viewer(alone)] as const;
        const histories: Histories = [];
        for (const parts of updates) {
          const sent = parts.map(({ place, what, stream, begins, colours }) => {
            if (what === 'stream') return deflated(place, stream, begins, histories);
            if (what === 'photograph') return photograph(place);
            if (what === 'copy') return copy(place);
            const each = drawing(place, colours);
            // It has begun a stream of its own choice.
            histories.fill(null, 0, 4);
            return each;
          });
          const [shown, expected] = [await viewers[0].update(sent), await viewers[1].update(sent)];
          expect(Buffer.compare(shown, expected)).toBe(0);
        }
        for (const viewer of viewers) viewer.free();
      }),
      { numRuns: 20 },
    );
  });

  it('says the same of damaged drawings', async () => {
    const place = { x: 10, y: 20, width: 200, height: 90 };
    const outside = drawing(place, 20);
    outside.data[2] = 3;
    const cut = joined([outside.data.subarray(0, 3 + 4 * 3), outside.data.subarray(3 + 20 * 3)]);
    const faulty = [
      deflated(place, 1, true, [], { damaged: true }),
      deflated(place, 1, true, [], { rows: 60 }),
      { ...deflated(place, 2, true, []), header: { ...place, height: 60, encoding: ENCODING.tight } },
      { header: outside.header, data: cut },
    ];
    for (const sent of faulty) {
      const said = await Promise.all(
        [new Viewer(memory), new Viewer(alone)].map(async viewer => {
          const error: unknown = await viewer.update([drawing(place, 9), sent]).catch(thrown => thrown);
          viewer.free();
          return error;
        }),
      );
      expect(said[0]).toMatchObject({ code: 'E_RFB_DECODE' });
      expect(String(said[0])).toBe(String(said[1]));
    }
  });

  it('shows the same pixels of a single one, of any height', async () => {
    const alike = fc.record({ width: fc.integer({ min: 1, max: 300 }), height: fc.integer({ min: 1, max: 500 }) });
    await fc.assert(
      fc.asyncProperty(alike, fc.nat(300), async (size, y) => {
        const sent = [photograph({ x: 7, y, ...size })];
        const viewers = [new Viewer(memory), new Viewer(alone)] as const;
        const [shown, expected] = [await viewers[0].update(sent), await viewers[1].update(sent)];
        for (const viewer of viewers) viewer.free();
        expect(Buffer.compare(shown, expected)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses damaged ones, and forgets those that it has not decoded when it closes', async () => {
    const sent = photograph({ x: 3, y: 5, width: 200, height: 200 });
    const cut = sent.data.slice();
    cut[20] = 255;
    const viewer = new Viewer(memory);
    await expect(viewer.update([{ ...sent, data: cut }])).rejects.toMatchObject({ code: 'E_RFB_DECODE' });
    viewer.free();
    const closed = new Viewer(memory);
    const reader = new ByteReader();
    reader.push(sent.data);
    closed.picture.begin();
    expect(closed.picture.rectangle(sent.header, reader)).toBe('done');
    const before = closed.framebuffer.bytes().slice();
    closed.picture.free();
    closed.picture.decodePending();
    await new Promise(resolve => setImmediate(resolve));
    expect(Buffer.compare(closed.framebuffer.bytes(), before)).toBe(0);
    closed.framebuffer.free();
  });
});

describe.runIf(hasVectors())('a thread of a viewer that is lost in mid-picture', () => {
  let memory: PixelMemory | null = null;
  afterEach(() => memory?.threads?.end());

  it.each(['end', 'hang'] as const)('loses nothing (%s)', async then => {
    let lost = 0;
    const entry = failingThreads('decodeCosine', then);
    memory = await memoryOf(3, { lost: () => lost++, patienceMs: 300 }, entry);
    // Large enough for another thread to wake up before all is done.
    const strips = [0, 320, 640].map(y => photograph({ x: 0, y, width: 640, height: 320 }));
    const [viewer, other] = [new Viewer(memory), new Viewer(alone)];
    const expected = await other.update(strips);
    for (let pictures = 0; lost === 0 || pictures < 3; pictures++) {
      viewer.framebuffer.bytes().fill(0);
      expect(Buffer.compare(await viewer.update(strips), expected)).toBe(0);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(memory.threads!.count).toBe(1);
    viewer.free();
    other.free();
  });
});

describe('a thread of a viewer that is lost in the middle of a drawing', () => {
  let memory: PixelMemory | null = null;
  afterEach(() => memory?.threads?.end());

  it.each(['end', 'hang'] as const)('loses nothing (%s)', async then => {
    let lost = 0;
    const entry = failingThreads('inflateRectangle', then);
    memory = await memoryOf(3, { lost: () => lost++, patienceMs: 300 }, entry);
    const places = Array.from({ length: 24 }, (_, i) => ({
      x: 80 * (i % 8),
      y: 320 * (i >> 3),
      width: 80,
      height: 320,
    }));
    const histories: Histories = [];
    const sent = places.map((place, i) => (i % 3 ? deflated(place, i % 4, true, histories) : drawing(place, 40)));
    const [viewer, other] = [new Viewer(memory), new Viewer(alone)];
    const expected = await other.update(sent);
    for (let pictures = 0; lost === 0 || pictures < 3; pictures++) {
      viewer.framebuffer.bytes().fill(0);
      expect(Buffer.compare(await viewer.update(sent), expected)).toBe(0);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(memory.threads!.count).toBe(1);
    viewer.free();
    other.free();
  });
});
