import { describe, expect, it } from 'vitest';
import { SealedRecords, sealed } from '../../source/core/sealed-records.js';
import { duplexPair } from '../helpers/one-byte-duplex.js';
import { ToyOpener, ToySealer } from '../helpers/sealed-records.js';

const NOTHING = new Uint8Array(0);
const soon = (callback: () => void) => void setImmediate(callback);
const turn = () => new Promise<void>(resolve => setImmediate(resolve));
const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at);

/** Two ends that seal for each other; `heard` is what the second one has told, in the pieces in which it did. */
function ends({ piece = 1_000_000, longest = 100, early = NOTHING, unread = NOTHING } = {}) {
  const [left, right] = duplexPair(piece);
  left.pause();
  right.pause();
  const one = new SealedRecords(left, NOTHING, { sealer: new ToySealer(longest), opener: new ToyOpener(), soon });
  const other = new SealedRecords(
    right,
    unread,
    { sealer: new ToySealer(longest), opener: new ToyOpener(), soon },
    early,
  );
  const heard: Buffer[] = [];
  const events: string[] = [];
  other.on('data', (chunk: Uint8Array) => heard.push(Buffer.from(chunk)));
  other.on('end', () => events.push('end'));
  other.on('error', (error: Error) => events.push(error.message));
  other.on('close', () => events.push('close'));
  return { left, right, one, other, heard, events, all: () => Buffer.concat(heard) };
}

describe('a stream of sealed records', () => {
  it.each([1, 2, 3, 7, 64, 1_000_000])('delivers everything written, arriving in pieces of %i bytes', async piece => {
    const { one, other, all, events } = ends({ piece });
    other.resume();
    const text = bytes(1234);
    for (const [from, to] of [
      [0, 1],
      [1, 100],
      [100, 200],
      [200, 301],
      [301, 1234],
    ] as const)
      one.write(text.subarray(from, to));
    one.end();
    while (!events.includes('end')) await turn();
    expect(all().equals(text)).toBe(true);
  });

  it('writes what is small in one piece', async () => {
    const [left] = duplexPair(1_000_000);
    const write = left.write.bind(left) as (piece: Uint8Array) => boolean;
    let writes = 0;
    left.write = (piece: Uint8Array) => {
      writes++;
      return write(piece);
    };
    const one = new SealedRecords(left, NOTHING, { sealer: new ToySealer(), opener: new ToyOpener(), soon });
    one.cork();
    for (let piece = 0; piece < 3; piece++) one.write(bytes(10));
    one.uncork();
    await turn();
    expect(writes).toBe(1);
  });

  it('takes over at any byte, with bytes that were received before it was put in place', async () => {
    const text = bytes(250);
    const records = sealed(new ToySealer(100), [text]);
    for (let cut = 0; cut <= records.length; cut++) {
      const { left, other, all } = ends({ unread: records.subarray(0, cut) });
      left.write(records.subarray(cut));
      other.resume();
      await turn();
      expect(all().equals(text)).toBe(true);
    }
  });

  it('delivers buffered data first, and nothing before resume returns', async () => {
    const { one, other, all, heard } = ends({ early: Uint8Array.of(9, 9) });
    one.write(bytes(3));
    await turn();
    other.resume();
    expect(heard).toEqual([]);
    await turn();
    expect([...all()]).toEqual([9, 9, 0, 1, 2]);
  });

  it('writes small pieces together in few records, and calls each one back when they are sent', async () => {
    const { one, other, heard, all } = ends();
    other.resume();
    const written: number[] = [];
    one.cork();
    for (let at = 0; at < 25; at++) one.write(bytes(10), () => written.push(at));
    expect(one.writableLength).toBe(250);
    await turn();
    expect(heard).toEqual([]);
    one.uncork();
    await turn();
    expect(heard.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(all().length).toBe(250);
    expect(written).toEqual(Array.from({ length: 25 }, (_, at) => at));
    expect(one.writableLength).toBe(0);
  });

  it('delivers nothing while paused, also if a listener pauses it', async () => {
    const { one, other, heard, events } = ends();
    other.on('data', () => other.pause());
    other.resume();
    one.write(bytes(250));
    one.end();
    for (let records = 1; records <= 3; records++) {
      for (let turns = 0; turns < 5; turns++) await turn();
      expect(heard.length).toBe(records);
      expect(events).toEqual([]);
      other.resume();
    }
    while (events.length === 0) await turn();
    expect(events[0]).toBe('end');
  });

  it('ends with an error at a forged record, and delivers nothing more', async () => {
    const { left, other, heard, events, right } = ends();
    other.resume();
    left.write(sealed(new ToySealer(100), [bytes(10)]));
    left.write(Uint8Array.of(0, 0, 1, 5));
    left.write(sealed(new ToySealer(100, 10), [bytes(10)]));
    while (!events.includes('close')) await turn();
    expect(events).toEqual(['a record that is none', 'close']);
    expect(heard.length).toBe(1);
    expect(right.destroyed).toBe(true);
  });

  it.each([1, 50, 103, 104, 250, 1000])(
    'keeps what a chunk of %i bytes holds when its buffer is used again',
    async size => {
      const [left, right] = duplexPair(1_000_000);
      right.pause();
      let arrive = (_chunk: Uint8Array): void => {};
      const below = Object.assign(Object.create(right) as typeof right, {
        on(event: string, listener: (chunk: Uint8Array) => void) {
          if (event === 'data') arrive = listener;
          return below;
        },
      });
      const stream = new SealedRecords(below, NOTHING, { sealer: new ToySealer(), opener: new ToyOpener(), soon });
      const heard: Buffer[] = [];
      stream.on('data', (chunk: Uint8Array) => heard.push(Buffer.from(chunk)));
      stream.resume();
      await turn();
      const text = bytes(1500);
      const records = sealed(new ToySealer(100), [text]);
      const buffer = new Uint8Array(size);
      for (let at = 0; at < records.length; at += size) {
        const length = Math.min(size, records.length - at);
        buffer.set(records.subarray(at, at + length));
        // Paused in the middle, it keeps everything.
        if (at > 700 && heard.length > 0) stream.pause();
        arrive(buffer.subarray(0, length));
        buffer.fill(0xff);
      }
      stream.resume();
      for (let turns = 0; turns < 5; turns++) await turn();
      expect(Buffer.concat(heard).equals(text)).toBe(true);
      left.destroy();
    },
  );

  it('hands on what is large in parts, so that the other end begins while the rest is sealed', async () => {
    const [left, right] = duplexPair(1_000_000);
    const events: string[] = [];
    class TellingSealer extends ToySealer {
      override seal(record: Uint8Array): void {
        events.push('seal');
        super.seal(record);
      }
    }
    const sealer = new TellingSealer(50_000);
    const one = new SealedRecords(left, NOTHING, { sealer, opener: new ToyOpener(), soon });
    const write = left.write.bind(left) as (piece: Uint8Array, written: () => void) => boolean;
    left.write = ((piece: Uint8Array, written: () => void) => {
      events.push('write');
      return write(piece, written);
    }) as typeof left.write;
    const written = new Promise<void>(resolve => one.write(bytes(300_000), () => resolve()));
    right.resume();
    await written;
    const part = ['seal', 'seal', 'seal', 'write'];
    expect(events).toEqual([...part, ...part]);
  });

  it('uses memory again once the system has taken what lies in it, and not before', async () => {
    const memory = new Set<ArrayBufferLike>();
    const held: (() => void)[] = [];
    const [left] = duplexPair(1_000_000);
    left.write = ((piece: Uint8Array, written: () => void) => {
      memory.add(piece.buffer);
      held.push(written);
      return true;
    }) as typeof left.write;
    const one = new SealedRecords(left, NOTHING, { sealer: new ToySealer(), opener: new ToyOpener(), soon });
    for (let write = 0; write < 3; write++) one.write(bytes(50_000));
    expect(memory.size).toBe(3);
    for (const written of held.splice(0)) written();
    for (let write = 0; write < 3; write++) one.write(bytes(50_000));
    expect(memory.size).toBe(3);
  });
});
