import { constants, createDeflate, deflateRawSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InflateFault, type WholeInflater } from '../../source/codecs/decode/inflate.js';
import { createZlibSyncInflater } from '../../source/native/inflate-zlib-sync.js';
import { loadNative, type ZlibSync } from '../../source/native/load-native.js';
import { createInflater, type InflaterKind } from '../../source/node/inflater.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { adler32 } from '../../source/pixels/reference/statistics.js';
import { needsNative } from '../helpers/needs-native.js';

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

function faultOf(run: () => unknown): InflateFault['kind'] | null {
  try {
    run();
    return null;
  } catch (thrown) {
    if (thrown instanceof InflateFault) return thrown.kind;
    throw thrown;
  }
}

function into(inflater: WholeInflater, compressed: Uint8Array, length: number): Uint8Array {
  const target = new Uint8Array(length);
  inflater.inflateInto(compressed, target);
  return target;
}

/** As the classic sharer writes a frame: blocks that end in a flush, an empty final block, the checksum. */
function joined(parts: readonly Uint8Array[], level = 6): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(adler32(Buffer.concat(parts), 1));
  const blocks = parts.map(part => deflateRawSync(part, { ...FLUSH, level }));
  return Buffer.concat([Buffer.from([0x78, 0x9c]), ...blocks, Buffer.from([3, 0]), sum]);
}

/** One zlib stream in pieces that each end in a flush. */
async function flushed(parts: readonly Uint8Array[]): Promise<Buffer[]> {
  const deflate = createDeflate();
  const pieces: Buffer[] = [];
  for (const part of parts) {
    deflate.write(part);
    await new Promise<void>(resolve => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    pieces.push(Buffer.concat([deflate.read() ?? Buffer.alloc(0)]));
  }
  deflate.destroy();
  return pieces;
}

const someBytes = fc
  .tuple(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 2000 }))
  .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes)));

it('is zlib-sync where that may be loaded', () => {
  expect(createInflater().name).toMatch(needsNative(/^zlib-sync/, /^node:zlib$/));
  const named = () => createInflater({ kind: 'zlib-sync' }).name;
  needsNative(
    () => expect(named()).toMatch(/^zlib-sync/),
    () => expect(named).toThrow('zlib-sync cannot be loaded'),
  )();
});

it('leaves streams to the kernel, whose output lies where decoders work', () => {
  const memory = createPixelMemory();
  const stream = createInflater({ memory }).createStream();
  const inflated = stream.inflate(deflateSync('a page', FLUSH), 6);
  expect(inflated.buffer).toBe(memory.memory.buffer);
  expect(Buffer.from(inflated).toString()).toBe('a page');
});

const KINDS = needsNative<readonly InflaterKind[]>(['zlib-sync', 'stand-in'], ['stand-in']);

describe.each(KINDS)('the inflater %s', kind => {
  const inflater = createInflater({ kind });

  it('inflates whole streams of every level exactly', () => {
    fc.assert(
      fc.property(someBytes, fc.integer({ min: 0, max: 9 }), (bytes, level) => {
        const compressed = deflateSync(bytes, { level });
        expect(Buffer.compare(into(inflater, compressed, bytes.length), bytes)).toBe(0);
        expect(Buffer.compare(inflater.inflateWhole(compressed, bytes.length), bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('inflates joined frames one after another exactly', () => {
    fc.assert(
      fc.property(
        fc.array(someBytes, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 9 }),
        (parts, level) => {
          const bytes = Buffer.concat(parts);
          expect(Buffer.compare(into(inflater, joined(parts, level), bytes.length), bytes)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([1, 63, 64, 65])('takes output that fills its buffers exactly (%s x 4 KiB)', blocks => {
    const bytes = Buffer.alloc(blocks * 4096, 'abcdefgh');
    expect(Buffer.compare(into(inflater, deflateSync(bytes), bytes.length), bytes)).toBe(0);
    expect(Buffer.compare(into(inflater, joined([bytes]), bytes.length), bytes)).toBe(0);
  });

  it('says what is wrong with a stream', () => {
    const bytes = Buffer.from('peerglass '.repeat(500));
    for (const good of [deflateSync(bytes), joined([bytes])]) {
      const flipped = Buffer.from(good);
      flipped[flipped.length - 1]! ^= 1;
      expect(faultOf(() => into(inflater, flipped, bytes.length))).toBe('damaged');
      expect(faultOf(() => into(inflater, good.subarray(0, -5), bytes.length))).toBe('truncated');
      expect(faultOf(() => into(inflater, good, bytes.length - 1))).toBe('too-long');
      expect(faultOf(() => into(inflater, good, bytes.length + 1))).toBe('too-short');
      expect(faultOf(() => inflater.inflateWhole(good, bytes.length - 1))).toBe('too-long');
      expect(into(inflater, good, bytes.length)).toEqual(new Uint8Array(bytes));
    }
    expect(faultOf(() => into(inflater, Buffer.from('HTTP/1.1 400 Bad'), 10))).toBe('damaged');
    expect(faultOf(() => into(inflater, Buffer.alloc(0), 10))).toBe('truncated');
  });

  it('survives any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, header) => {
        const compressed = header ? Buffer.concat([Buffer.from([0x78, 0x9c]), bytes]) : bytes;
        expect(faultOf(() => into(inflater, compressed, 1000))).not.toBe(null);
        const stream = inflater.createStream();
        faultOf(() => stream.inflate(compressed, 1000));
        stream.reset();
        expect(Buffer.from(stream.inflate(deflateSync('good', FLUSH), 10)).toString()).toBe('good');
      }),
    );
  });

  it('finds a bomb before it costs memory', () => {
    const bomb = deflateSync(Buffer.alloc(300_000_000));
    const before = process.memoryUsage.rss();
    expect(faultOf(() => into(inflater, bomb, 1000))).toBe('too-long');
    expect(faultOf(() => inflater.inflateWhole(bomb, 1000))).toBe('too-long');
    expect(faultOf(() => inflater.createStream().inflate(bomb, 1000))).toBe('too-long');
    expect(process.memoryUsage.rss() - before).toBeLessThan(120_000_000);
  });

  it('continues one stream from call to call', async () => {
    const parts = ['one page of text', 'one page of text, again', 'x'.repeat(100_000)].map(text => Buffer.from(text));
    const stream = inflater.createStream();
    const pieces = await flushed(parts);
    for (const [index, piece] of pieces.entries()) {
      const inflated = stream.inflate(piece, parts[index]!.length);
      expect(Buffer.compare(inflated, parts[index]!)).toBe(0);
    }
  });

  it('restarts after a reset: at a flush, in the middle of a block, after an end', async () => {
    const stream = inflater.createStream();
    const [piece] = await flushed([Buffer.from('first stream, first stream')]);
    for (const before of [piece!, deflateSync('ended'), deflateSync('cut off in the middle').subarray(0, 9), null]) {
      if (before) stream.inflate(before, 100);
      stream.reset();
      expect(Buffer.from(stream.inflate(deflateSync('anew', FLUSH), 4)).toString()).toBe('anew');
      stream.reset();
    }
  });

  it('takes a header that comes byte by byte', () => {
    const stream = inflater.createStream();
    const compressed = deflateSync('byte by byte', FLUSH);
    let text = '';
    for (const byte of compressed) text += Buffer.from(stream.inflate(Buffer.from([byte]), 100)).toString();
    expect(text).toBe('byte by byte');
  });
});

function neverFrees(): void {
  const zlibSync = loadNative('zlib-sync');
  const standIn = createInflater({ kind: 'stand-in' });
  const checksum = (bytes: Uint8Array) => adler32(bytes, 1);
  let begun = 0;
  const counting = {
    ZLIB_VERSION: 'counted',
    Inflate: class {
      constructor(options: ConstructorParameters<ZlibSync['Inflate']>[0]) {
        begun++;
        // biome-ignore lint/correctness/noConstructorReturn: stands for a native class
        return new zlibSync.Inflate(options);
      }
    },
  };

  it('is begun once for a thousand joined frames', () => {
    begun = 0;
    const inflater = createZlibSyncInflater(counting as never, standIn, checksum);
    const bytes = Buffer.from('still picture '.repeat(99));
    for (let frame = 0; frame < 1000; frame++) into(inflater, joined([bytes]), bytes.length);
    expect(begun).toBe(1);
  });

  it('switches to the fallback when the leaked memory reaches its limit', () => {
    begun = 0;
    const inflater = createZlibSyncInflater(counting as never, standIn, checksum, 400 * 1024);
    const bytes = Buffer.from('moving picture '.repeat(99));
    for (let frame = 0; frame < 100; frame++) into(inflater, deflateSync(bytes), bytes.length);
    expect(begun).toBe(10);
  });
}

describe('zlib-sync, which never frees a stream', () =>
  needsNative(neverFrees, () => it('is not loaded', () => expect(() => loadNative('zlib-sync')).toThrow('is off')))());
