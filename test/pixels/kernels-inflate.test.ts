import { constants, createDeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InflateFault, type InflateStream } from '../../source/codecs/decode/inflate.js';
import { kernelStreams } from '../../source/codecs/decode/kernel-streams.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { INFLATE_ANSWER, INFLATE_STATE } from '../../source/pixels/decode-kernels.js';
import { random } from './planes.js';

const memory = createPixelMemory();
const HEADER = [0x78, 0x01];
const SYNC = constants.Z_SYNC_FLUSH;
/** More than any content here. */
const MAX = 4_000_000;

interface Content {
  readonly length: number;
  readonly values: number;
  readonly period: number;
  readonly seed: number;
}

/** Noise, text-like repetitions, and runs of whole pixels, from a few bytes to more than two windows. */
const content: fc.Arbitrary<Content> = fc.record({
  length: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 90_000 })),
  values: fc.constantFrom(1, 2, 7, 60, 256),
  period: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
});

function bytesOf({ length, values, period, seed }: Content): Buffer {
  const next = random(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const run = Math.min(1 + Math.floor(next() * 400), length - at);
    const kind = next();
    const far = 1 + Math.floor(next() * 40_000);
    for (const stop = at + run; at < stop; at++) {
      if (kind < 0.4 && at >= period) bytes[at] = bytes[at - period]!;
      else if (kind < 0.7 && at >= far) bytes[at] = bytes[at - far]!;
      else bytes[at] = Math.floor(next() * values);
    }
  }
  return bytes;
}

const way = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  memLevel: fc.constantFrom(1, 8, 9),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE),
});

/** Feeds a stream in pieces of such sizes, by turns. */
function fed(stream: InflateStream, compressed: Uint8Array, pieces: readonly number[], max: number): Buffer {
  const parts: Buffer[] = [];
  let left = max;
  for (let at = 0, turn = 0; at < compressed.length; turn++) {
    const piece = compressed.subarray(at, at + pieces[turn % pieces.length]!);
    at += piece.length;
    const part = Buffer.from(stream.inflate(piece, left));
    left -= part.length;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What comes out, or the fault. */
function outcome(run: () => Buffer): Buffer | string {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof InflateFault) return `${thrown.kind}: ${thrown.message}`;
    throw thrown;
  }
}

describe('inflate', () => {
  it('gives back what zlib deflated in every way, however it is cut', () => {
    const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20_000 })), {
      minLength: 1,
      maxLength: 5,
    });
    const streams = kernelStreams(memory);
    fc.assert(
      fc.property(content, way, pieces, fc.boolean(), (about, options, cuts, flushed) => {
        const bytes = bytesOf(about);
        const raw = deflateRawSync(bytes, flushed ? { ...options, finishFlush: SYNC } : options);
        const stream = streams.createStream();
        const inflated = fed(stream, Buffer.from([...HEADER, ...raw]), cuts, bytes.length);
        expect(inflated.equals(bytes)).toBe(true);
        stream.reset();
        expect(fed(stream, Buffer.from([...HEADER, ...raw]), [raw.length + 2], bytes.length).equals(bytes)).toBe(true);
        stream.free();
      }),
      { numRuns: 100 },
    );
  });

  it('goes on from flush to flush, with what lies up to 32 KiB back', async () => {
    const deflate = createDeflateRaw({ level: 6 });
    let block: Buffer[] = [];
    deflate.on('data', (part: Buffer) => block.push(part));
    const stream = kernelStreams(memory).createStream();
    stream.inflate(Uint8Array.from(HEADER), 0);
    for (let seed = 1; seed <= 60; seed++) {
      const length = [10, 300, 5000, 70_000][seed % 4]!;
      const bytes = bytesOf({ length, values: 60, period: 3, seed });
      deflate.write(bytes);
      await new Promise<void>(resolve => deflate.flush(SYNC, resolve));
      expect(Buffer.from(stream.inflate(Buffer.concat(block), bytes.length)).equals(bytes), `block ${seed}`).toBe(true);
      block = [];
    }
    deflate.destroy();
    stream.free();
  });

  it('takes damaged data exactly as zlib does: the same fault where that finds one, otherwise the same bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    const streams = kernelStreams(memory);
    const found = new Set<string>();
    fc.assert(
      fc.property(content, way, damage, fc.integer({ min: 1, max: 4000 }), (about, options, places, piece) => {
        const raw = deflateRawSync(bytesOf(about), { ...options, finishFlush: SYNC }).subarray(0, 5000);
        for (const [place, flip] of places) raw[place % Math.min(raw.length, 300)]! ^= flip;
        const stream = streams.createStream();
        const got = outcome(() => fed(stream, Buffer.from([...HEADER, ...raw]), [piece], MAX));
        stream.free();
        found.add(sameAsZlib(got, raw));
      }),
      { numRuns: 400 },
    );
    expect(found.size).toBeGreaterThan(6);
  });

  it('takes any bytes at all exactly as zlib does', () => {
    const streams = kernelStreams(memory);
    const found = new Set<string>();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 1, max: 40 }), (raw, piece) => {
        const stream = streams.createStream();
        const got = outcome(() => fed(stream, Buffer.from([...HEADER, ...raw]), [piece], MAX));
        stream.free();
        found.add(sameAsZlib(got, raw));
      }),
      { numRuns: 2000 },
    );
    expect(found.size).toBeGreaterThan(5);
  });

  it('writes no further than it may, and stops where its room ends', () => {
    const state = memory.allocate(INFLATE_STATE.bytes);
    const source = memory.allocate(70_000);
    const target = memory.allocate(100_000);
    fc.assert(
      fc.property(content, way, fc.integer({ min: 0, max: 90_000 }), (about, options, room) => {
        const bytes = bytesOf(about);
        const raw = deflateRawSync(bytes, { ...options, finishFlush: SYNC });
        if (raw.length > 70_000) return;
        memory.bytes(state, INFLATE_STATE.bytes).fill(0);
        memory.bytes(source, raw.length).set(raw);
        memory.bytes(target, 100_000).fill(0x5a);
        const answer = memory.kernels.inflate(state, source, raw.length, target, room, 0);
        const results = new DataView(memory.memory.buffer, state);
        const produced = results.getInt32(INFLATE_STATE.produced, true);
        expect(produced).toBeLessThanOrEqual(room);
        expect(answer).toBe(bytes.length <= room ? INFLATE_ANSWER.inputUsed : INFLATE_ANSWER.roomUsed);
        expect(Buffer.compare(memory.bytes(target, produced), bytes.subarray(0, produced))).toBe(0);
        expect(memory.bytes(target + room + 16, 100_000 - room - 16).every(byte => byte === 0x5a)).toBe(true);
      }),
      { numRuns: 100 },
    );
    for (const block of [state, source, target]) memory.free(block);
  });

  it('says when more comes out than it may, at once', () => {
    const stream = kernelStreams(memory).createStream();
    const bytes = bytesOf({ length: 50_000, values: 9, period: 3, seed: 5 });
    const compressed = Buffer.from([...HEADER, ...deflateRawSync(bytes, { finishFlush: SYNC })]);
    for (const less of [1, 2, 300, 20_000]) {
      expect(outcome(() => Buffer.from(stream.inflate(compressed, bytes.length - less)))).toMatch(/^too-long/);
      stream.reset();
    }
    expect(Buffer.from(stream.inflate(compressed, bytes.length)).equals(bytes)).toBe(true);
    stream.free();
  });

  it('gives its memory back', () => {
    const own = createPixelMemory();
    const streams = kernelStreams(own);
    const compressed = Buffer.from([
      ...HEADER,
      ...deflateRawSync(Buffer.alloc(300_000, 'page'), { finishFlush: SYNC }),
    ]);
    let size = 0;
    for (let turn = 0; turn < 30; turn++) {
      const stream = streams.createStream();
      stream.inflate(compressed, 1_000_000);
      stream.free();
      if (turn === 0) size = own.memory.buffer.byteLength;
    }
    expect(own.memory.buffer.byteLength).toBe(size);
  });

  it('says what is wrong after a fault until it is reset', () => {
    const stream = kernelStreams(memory).createStream();
    const good = Buffer.from([...HEADER, ...deflateRawSync('good', { finishFlush: SYNC })]);
    expect(outcome(() => Buffer.from(stream.inflate(Uint8Array.from([0x79, 0x01]), 10)))).toMatch(/^damaged/);
    expect(outcome(() => Buffer.from(stream.inflate(good, 10)))).toMatch(/^damaged/);
    stream.reset();
    expect(Buffer.from(stream.inflate(good, 10)).toString()).toBe('good');
    stream.free();
  });
});

/** Holds the outcome against zlib's. @returns zlib's complaint; empty: none */
function sameAsZlib(got: Buffer | string, raw: Uint8Array): string {
  let expected: Buffer;
  try {
    expected = inflateRawSync(raw, { finishFlush: SYNC, maxOutputLength: MAX });
  } catch (thrown) {
    const { message } = thrown as Error;
    expect(got).toContain(/larger than/.test(message) ? 'more than' : message);
    return message;
  }
  expect(typeof got !== 'string' && got.equals(expected), String(got)).toBe(true);
  return '';
}
