import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../source/core/byte-reader.js';
import { ReplaceableStream, type Upgrade } from '../../source/core/transport.js';
import { SealedRecords, sealed } from '../helpers/sealed-records.js';

const SEALED: Upgrade = (below, unread) => new SealedRecords(below, unread);
const GREETING = Buffer.from('RFB 003.008\n');
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const turn = () => new Promise<void>(resolve => setImmediate(resolve));

/** A stream whose peer is the test. */
class Carrier extends Duplex {
  readonly written: Buffer[] = [];
  /** Whether the peer takes what is written. */
  taking = true;
  #waiting: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    if (this.taking) done();
    else this.#waiting.push(done);
  }

  letGo(): void {
    this.taking = true;
    for (const done of this.#waiting.splice(0)) done();
  }
}

/** Reads a greeting, and goes on over records from the byte after it. */
function greeted(stream: ReplaceableStream, upgrades: readonly Upgrade[] = [SEALED]) {
  const heard: string[] = [];
  const reader = new ByteReader();
  let replaced = 0;
  const state = { replacing: false, again: false, heard };
  stream.on('data', chunk => {
    state.again ||= state.replacing;
    reader.push(chunk);
    chunk.fill(0xa5); // as a buffer that is used again will be
    while (replaced < upgrades.length) {
      const greeting = reader.attempt(() => text(reader.bytes(GREETING.length)));
      if (greeting === undefined) return;
      heard.push(greeting);
      state.replacing = true;
      stream.replace(upgrades[replaced++]!, reader.rest());
      state.replacing = false;
    }
    if (reader.available > 0) heard.push(text(reader.rest()));
  });
  stream.on('end', () => heard.push('end'));
  return state;
}

describe('a stream that is replaced', () => {
  const inside = Buffer.from('what was sealed');
  const whole = Buffer.concat([GREETING, sealed(inside.subarray(0, 6)), sealed(inside.subarray(6), 6)]);

  it.each([...whole.keys()])('continues at the byte where the new framing begins, cut at %i', async cut => {
    const carrier = new Carrier();
    const stream = new ReplaceableStream(carrier);
    const state = greeted(stream);
    stream.resume();
    if (cut > 0) carrier.push(Buffer.from(whole.subarray(0, cut)));
    if (cut % 2) await turn();
    carrier.push(Buffer.from(whole.subarray(cut)));
    carrier.push(null);
    await turn();
    await turn();
    expect(state.heard[0]).toBe(text(GREETING));
    expect(state.heard.at(-1)).toBe('end');
    expect(state.heard.slice(1, -1).join('')).toBe(text(inside));
    expect(state.again).toBe(false);
  });

  it('can be replaced several times, even within one chunk', async () => {
    const carrier = new Carrier();
    const stream = new ReplaceableStream(carrier);
    const state = greeted(stream, [SEALED, SEALED, SEALED]);
    stream.resume();
    const innermost = sealed(inside);
    const middle = sealed(Buffer.concat([GREETING, innermost]));
    carrier.push(Buffer.concat([GREETING, sealed(Buffer.concat([GREETING, middle]))]));
    await turn();
    expect(state.heard).toEqual([text(GREETING), text(GREETING), text(GREETING), text(inside)]);
    stream.write(Buffer.from('back'));
    expect(Buffer.concat(carrier.written)).toEqual(sealed(sealed(sealed(Buffer.from('back')))));
  });

  it('stays paused, and delivers what it has only after resuming, piece by piece', async () => {
    const carrier = new Carrier();
    const stream = new ReplaceableStream(carrier);
    const heard: string[] = [];
    stream.on('data', chunk => {
      heard.push(text(chunk));
      stream.pause();
    });
    stream.replace(SEALED, Buffer.concat([sealed(Buffer.from('one')), sealed(Buffer.from('two'), 3)]));
    carrier.push(Buffer.from(sealed(Buffer.from('three'), 6)));
    await turn();
    expect(heard).toEqual([]);
    for (const expected of ['one', 'two', 'three']) {
      stream.resume();
      expect(heard).not.toContain(expected);
      await turn();
      expect(heard.at(-1)).toBe(expected);
      await turn();
    }
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('sends earlier writes in the old framing before anything in the new one', async () => {
    const carrier = new Carrier();
    carrier.taking = false;
    const stream = new ReplaceableStream(carrier);
    const told: string[] = [];
    stream.on('drain', () => told.push('drain'));
    stream.write(Buffer.from('first'), () => told.push('first'));
    stream.write(Buffer.from('second'), () => told.push('second'));
    let upgrades = 0;
    stream.replace((below, unread) => {
      upgrades++;
      expect(below.writableLength).toBe(0);
      return new SealedRecords(below, unread);
    }, new Uint8Array(0));
    stream.cork();
    stream.write(Buffer.from('third'), () => told.push('third'));
    stream.write(Buffer.from('fourth'), () => told.push('fourth'));
    stream.uncork();
    stream.end();
    expect([upgrades, stream.writable, stream.writableNeedDrain]).toEqual([0, false, true]);
    expect(stream.writableLength).toBe('firstsecondthirdfourth'.length);
    expect(() => stream.replace(SEALED, new Uint8Array(0))).toThrow('already');
    await turn();
    expect(told).toEqual([]);
    carrier.letGo();
    await turn();
    const after = sealed(Buffer.from('thirdfourth'));
    expect(Buffer.concat(carrier.written)).toEqual(Buffer.concat([Buffer.from('firstsecond'), after]));
    expect(told.filter(each => each !== 'drain')).toEqual(['first', 'second', 'third', 'fourth']);
    expect([upgrades, stream.writableLength, carrier.writableFinished]).toEqual([1, 0, true]);
  });

  it('emits drain when it accepts more', async () => {
    const carrier = new Carrier();
    carrier.taking = false;
    const stream = new ReplaceableStream(carrier);
    let drained = 0;
    stream.on('drain', () => drained++);
    stream.write(Buffer.from('first'));
    stream.replace(SEALED, new Uint8Array(0));
    stream.write(Buffer.alloc(1_000_000));
    carrier.letGo();
    carrier.taking = false;
    await turn();
    expect([stream.writableNeedDrain, drained]).toEqual([true, 0]);
    carrier.letGo();
    await turn();
    expect([stream.writableNeedDrain, drained]).toEqual([false, 1]);
  });

  it('drops its buffered data when it is closed', async () => {
    const carrier = new Carrier();
    carrier.taking = false;
    const stream = new ReplaceableStream(carrier);
    const told: (string | undefined)[] = [];
    stream.on('close', () => told.push('close'));
    stream.write(Buffer.from('first'));
    stream.replace(SEALED, new Uint8Array(0));
    stream.write(Buffer.from('second'), error => told.push(error?.message));
    stream.destroy();
    await turn();
    expect(told).toEqual(['the stream was closed', 'close']);
    expect(stream.writableLength).toBe('first'.length);
    stream.replace(SEALED, new Uint8Array(0)); // nothing comes of it any more
    expect(stream.destroyed).toBe(true);
  });

  it.each([
    ['cannot be laid over it', () => new Carrier(), 'no key'],
    ['does not understand what comes', (carrier: Carrier) => carrier.push(Buffer.from('nonsense')), 'none'],
    ['has lost its carrier', (carrier: Carrier) => carrier.destroy(new Error('reset by peer')), 'reset by peer'],
  ])('fails and closes when the new one %s', async (_what, happen, message) => {
    const carrier = new Carrier();
    const stream = new ReplaceableStream(carrier);
    const told: string[] = [];
    stream.on('error', error => told.push(error.message));
    stream.on('close', () => told.push('close'));
    stream.resume();
    stream.replace(
      message === 'no key'
        ? () => {
            throw new Error('no key');
          }
        : (below, unread) => new SealedRecords(below, unread),
      new Uint8Array(0),
    );
    await turn();
    happen(carrier);
    await turn();
    await turn();
    expect(told).toEqual([expect.stringContaining(message), 'close']);
    expect(stream.destroyed).toBe(true);
  });
});
