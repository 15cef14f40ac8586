import { constants, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelStreams } from '../../source/codecs/decode/kernel-streams.js';
import { PutOff } from '../../source/codecs/decode/put-off.js';
import { Scratch } from '../../source/codecs/decode/rectangle-decoder.js';
import { WireColours } from '../../source/codecs/decode/wire-colours.js';
import { EncodeScratch } from '../../source/codecs/encode/encode-job.js';
import { WirePixels } from '../../source/codecs/encode/wire-pixels.js';
import { CosineDecoder, encodeCosine } from '../../source/codecs/encodings/cosine-data.js';
import { compactLength, TightDecoder } from '../../source/codecs/encodings/tight.js';
import { ByteReader } from '../../source/core/byte-reader.js';
import { joined } from '../../source/core/bytes.js';
import { BGRX } from '../../source/core/pixel-format.js';
import type { Rectangle } from '../../source/core/rectangle.js';
import { nodeCompressors } from '../../source/node/compressors.js';
import { Framebuffer } from '../../source/pixels/framebuffer.js';
import type { PixelMemory } from '../../source/pixels/pixel-memory.js';
import { memoryOf } from '../helpers/kernel-threads.js';
import { paint } from '../pixels/pictures.js';

const MIB = 1024 * 1024;
const SIZE = { width: 3072, height: 2048 };
/** As many as eight threads may have put off at a time, of 1.5 MiB each. */
const RECTANGLES: readonly Rectangle[] = Array.from({ length: 24 }, (_, at) => ({
  ...{ x: (at % 6) * 512, y: Math.floor(at / 6) * 512 },
  ...{ width: 512, height: 512 },
}));
const grain = Uint8Array.from(
  { length: 512 * 512 * 3 },
  (_, at) => (Math.imul(at, 0x9e3779b1) >>> 24) ^ (Math.imul(at, at) >>> 13),
);

let memory: PixelMemory;
let framebuffer: Framebuffer;
/** Bytes of blocks that are allocated, and the most that there were. */
const live = { now: 0, most: 0 };

beforeAll(async () => {
  memory = await memoryOf(8);
  framebuffer = new Framebuffer(memory, SIZE);
  const [allocate, free] = [memory.allocate.bind(memory), memory.free.bind(memory)];
  memory.allocate = length => {
    const pointer = allocate(length);
    live.now += memory.lengthOf(pointer);
    live.most = Math.max(live.most, live.now);
    return pointer;
  };
  memory.free = pointer => {
    live.now -= memory.lengthOf(pointer);
    free(pointer);
  };
});
afterAll(() => memory.threads?.end());

function counted(): void {
  live.now = 0;
  live.most = 0;
}

describe('rectangles that are put off', () => {
  it('are decoded when they are as many as wanted, or hold much memory, each with its own fault', async () => {
    const decoded: number[][] = [];
    const putOff = new PutOff<number>(works => {
      decoded.push([...works]);
      if (works.includes(13)) throw new Error('all of them');
      return works.map(work => (work === 7 ? new Error('damaged') : null));
    });
    const outcomes = Promise.allSettled([
      ...[1, 7, 3].map(work => putOff.add(work, 1, 3)),
      putOff.add(4, 15 * MIB, 3),
      putOff.add(5, MIB, 3),
      putOff.add(6, 1, 1),
      putOff.add(12, 1, 3),
      putOff.add(13, 1, 3),
    ]);
    putOff.finish();
    const left = putOff.add(14, 1, 3);
    putOff.drop();
    putOff.finish();
    expect(decoded).toEqual([[1, 7, 3], [4, 5], [6], [12, 13]]);
    const reasons = (await outcomes).map(each => (each.status === 'rejected' ? each.reason.message : null));
    expect(reasons).toEqual([null, 'damaged', null, null, null, null, 'all of them', 'all of them']);
    await expect(left).resolves.toBeUndefined();
  });

  it('hold little memory until they are decoded, and less from then on', async () => {
    const decoder = new TightDecoder(kernelStreams(memory), null);
    const target = { framebuffer, colours: new WireColours(memory, BGRX), scratch: new Scratch(memory) };
    const reader = new ByteReader();
    const compressed = deflateSync(grain, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
    const data = joined([compactLength(compressed.length), compressed]);
    counted();
    for (let round = 0; round < 2; round++) {
      const done = RECTANGLES.map((rectangle, index) => {
        const stream = index % 4;
        reader.push(Uint8Array.of((stream << 4) | (1 << stream)));
        reader.push(data);
        return decoder.decode(reader, rectangle, target);
      });
      decoder.finish();
      // Put off, and not decoded one by one.
      expect(done.every(each => each instanceof Promise)).toBe(true);
      await Promise.all(done);
    }
    const row = framebuffer.bytes().subarray(0, 4 * 4);
    expect([...row].filter((_, at) => at % 4 < 3)).toEqual(
      [0, 3, 6, 9].flatMap(at => [grain[at + 2], grain[at + 1], grain[at]]),
    );
    expect(live.most).toBeLessThan(26 * MIB);
    // The streams that the server may go on with.
    expect(live.now).toBeLessThan(8 * MIB);
    decoder.free();
    expect(live.now).toBeLessThan(MIB);
    target.colours.free();
    target.scratch.free();
  });

  it('leave no large working memory behind as Cosine', async () => {
    const decoder = new CosineDecoder();
    const scratch = new EncodeScratch(memory, nodeCompressors);
    const rectangle = { x: 0, y: 0, width: 2048, height: 1024 };
    paint(framebuffer, rectangle, (x, y) => Math.imul(x * 7 + y, 0x9e3779b1) >>> 8);
    const job = { framebuffer, rectangle, pixels: new WirePixels(BGRX), level: 2, jpeg: null, pooled: false };
    const data = joined(encodeCosine(job, { quality: 97, subsampling: '4:4:4' }, scratch));
    expect(data.length).toBeGreaterThan(MIB);
    scratch.free();
    counted();
    const done = Array.from({ length: 8 }, () => decoder.paint(data, rectangle, framebuffer));
    decoder.finish();
    expect(done.every(each => each instanceof Promise)).toBe(true);
    await Promise.all(done);
    expect(live.now).toBeLessThan(8 * 2 * 0.5 * MIB);
    decoder.free();
    expect(live.now).toBe(0);
  });
});
