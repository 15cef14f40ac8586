import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { SlicedStream } from '../../source/transport/sliced-stream.js';

class Pace {
  left = 0;
  turns = new Set<() => void>();

  take(bytes: number): boolean {
    if (this.left <= 0) return false;
    this.left -= bytes;
    return true;
  }

  wait(turn: () => void): void {
    this.turns.add(turn);
  }

  forget(turn: () => void): void {
    this.turns.delete(turn);
  }

  turn(): void {
    const [first] = this.turns;
    if (!first) throw new Error('nobody waits');
    this.turns.delete(first);
    first();
  }
}

function setUp(left: number) {
  // Like a socket, it is not closed before both sides have ended.
  const below = new PassThrough({ autoDestroy: false });
  const pace = new Pace();
  pace.left = left;
  const stream = new SlicedStream(below, pace);
  const slices: Buffer[] = [];
  stream.on('data', chunk => slices.push(chunk));
  return { below, pace, stream, slices, heard: () => Buffer.concat(slices) };
}

const settle = () => new Promise(resolve => setTimeout(resolve, 5));
const BYTES = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));

describe('a stream in slices', () => {
  test('passes on what is small as it is', async () => {
    const { below, slices } = setUp(1e6);
    for (const size of [1, 1024, 7]) {
      below.write(BYTES.subarray(0, size));
      await settle();
    }
    expect(slices.map(({ length }) => length)).toEqual([1, 1024, 7]);
  });

  test('passes on what is large in slices, as many as may be, and the others one in each turn', async () => {
    const { below, pace, slices, heard } = setUp(3000);
    below.end(BYTES);
    await settle();
    expect(slices.map(({ length }) => length)).toEqual([1024, 1024, 1024]);
    for (let turns = 4; turns <= 9; turns++) {
      pace.turn();
      await settle();
      expect(slices.length).toBe(turns);
      expect(slices.every(({ length }) => length <= 1024)).toBe(true);
    }
    pace.left = 1e6;
    pace.turn();
    await settle();
    expect(heard().equals(BYTES)).toBe(true);
    expect(pace.turns.size).toBe(0);
  });

  test('reads no more while somebody waits, or does not read', async () => {
    const { below, pace, stream, heard } = setUp(0);
    const written = () => below.write(BYTES);
    while (written()) await settle();
    await settle();
    expect([heard().length, pace.turns.size]).toEqual([0, 1]);
    const taken = below.readableLength;
    written();
    await settle();
    expect(below.readableLength).toBeGreaterThanOrEqual(taken);
    pace.left = 1e9;
    stream.pause();
    pace.turn();
    await settle();
    expect(heard().length).toBeLessThanOrEqual(1024);
    stream.resume();
    below.end();
    await settle();
    expect(heard().equals(Buffer.concat(new Array<Buffer>(heard().length / BYTES.length).fill(BYTES)))).toBe(true);
  });

  test('ends after the last slice, and is destroyed with the other one', async () => {
    const { below, pace, stream } = setUp(1);
    let ended = false;
    stream.on('end', () => {
      ended = true;
    });
    below.end(BYTES.subarray(0, 2000));
    await settle();
    expect(ended).toBe(false);
    pace.turn();
    await settle();
    expect(ended).toBe(true);
    const other = setUp(0);
    other.below.write(BYTES);
    await settle();
    other.below.destroy();
    await settle();
    expect([other.stream.destroyed, other.pace.turns.size]).toEqual([true, 0]);
  });

  test('writes as it is told', async () => {
    const { below, stream } = setUp(1e6);
    stream.write(BYTES);
    stream.end();
    const echoed: Buffer[] = [];
    stream.on('data', chunk => echoed.push(chunk));
    await new Promise(resolve => stream.on('end', resolve));
    expect(Buffer.concat(echoed).equals(BYTES)).toBe(true);
    expect(below.writableFinished).toBe(true);
  });
});
