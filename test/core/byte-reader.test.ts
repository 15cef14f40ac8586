import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../source/core/byte-reader.js';
import { duplexPair, feedByteByByte } from '../helpers/one-byte-duplex.js';

describe('ByteReader', () => {
  it('reads numbers of every width, big-endian', () => {
    const reader = new ByteReader();
    reader.push(Buffer.from('01 0203 04050607 ffffffff 0a0b0c'.replaceAll(' ', ''), 'hex'));
    expect(reader.u8()).toBe(1);
    expect(reader.u16()).toBe(0x0203);
    expect(reader.u32()).toBe(0x04050607);
    expect(reader.s32()).toBe(-1);
    expect(reader.uint(3)).toBe(0x0a0b0c);
    expect(reader.available).toBe(0);
    expect(reader.consumed).toBe(14);
  });

  it('gives all that is left as a copy', () => {
    const reader = new ByteReader();
    reader.push(Uint8Array.of(1, 2, 3));
    reader.skip(1);
    const rest = reader.rest();
    reader.push(Uint8Array.of(4, 5, 6));
    expect([rest, reader.rest(), reader.rest()]).toEqual([[2, 3], [4, 5, 6], []].map(each => Uint8Array.from(each)));
    expect(reader.consumed).toBe(6);
  });

  it('undoes an attempt that lacks bytes, nested ones too', () => {
    const reader = new ByteReader();
    reader.push(Uint8Array.of(9, 1));
    expect(reader.attempt(() => [reader.u8(), reader.attempt(() => reader.u32()) ?? 'pending'])).toEqual([
      9,
      'pending',
    ]);
    expect(reader.attempt(() => reader.u16())).toBeUndefined();
    expect(reader.available).toBe(1);
    reader.push(Uint8Array.of(2));
    expect(reader.peek(1)).toBe(2);
    expect(reader.attempt(() => reader.u16())).toBe(0x0102);
  });

  it('passes other errors on and keeps what was read before them', () => {
    const reader = new ByteReader();
    reader.push(Uint8Array.of(1, 2));
    expect(() =>
      reader.attempt(() => {
        reader.u8();
        throw new Error('no such message');
      }),
    ).toThrow('no such message');
  });

  it('keeps no more than its limit and never waits for more than that', () => {
    const reader = new ByteReader(8);
    reader.push(new Uint8Array(8));
    expect(() => reader.push(new Uint8Array(1))).toThrow(RangeError);
    expect(() => reader.attempt(() => reader.bytes(9))).toThrow(RangeError);
    reader.skip(8);
    reader.push(new Uint8Array(8));
    expect(reader.available).toBe(8);
  });

  it('gives the same messages however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), fc.integer({ min: 1, max: 700 }), (messages, piece) => {
        const wire = Buffer.concat(
          messages.flatMap(each => [Buffer.from([each.length >> 8, each.length & 255]), each]),
        );
        const reader = new ByteReader(4096);
        const read: Uint8Array[] = [];
        for (let at = 0; at < wire.length; at += piece) {
          reader.push(wire.subarray(at, at + piece));
          for (;;) {
            const message = reader.attempt(() => Uint8Array.from(reader.bytes(reader.u16())));
            if (!message) break;
            read.push(message);
          }
        }
        expect(read).toEqual(messages.map(each => Uint8Array.from(each)));
        expect(reader.consumed).toBe(wire.length);
      }),
    );
  });

  it('continues byte by byte, also through a duplex', async () => {
    const reader = new ByteReader();
    const seen: number[] = [];
    feedByteByByte(reader, Uint8Array.of(0, 1, 0, 2), () => {
      const value = reader.attempt(() => reader.u16());
      if (value !== undefined) seen.push(value);
    });
    expect(seen).toEqual([1, 2]);

    const [near, far] = duplexPair();
    const sizes: number[] = [];
    far.on('data', (chunk: Buffer) => sizes.push(chunk.length));
    near.end(Buffer.from('abc'));
    await new Promise(resolve => far.once('end', resolve));
    expect(sizes).toEqual([1, 1, 1]);
  });

  it('reads a chunk in place where it is lent, and keeps a copy of what is left of it', () => {
    const reader = new ByteReader();
    const chunk = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]).subarray(1);
    reader.lend(chunk);
    expect([reader.u8(), reader.peekU16(), reader.u16(), reader.available]).toEqual([1, 0x0203, 0x0203, 4]);
    chunk[3] = 9;
    expect(reader.u8()).toBe(9);
    reader.keep();
    chunk.fill(0xff);
    expect(reader.consumed).toBe(4);
    // Something is unread: this one is copied.
    reader.lend(chunk.subarray(0, 1));
    chunk[0] = 0;
    expect([...reader.bytes(4)]).toEqual([5, 6, 7, 0xff]);
    reader.lend(Uint8Array.of(1));
    reader.skip(1);
    reader.lend(Uint8Array.of(2, 3));
    reader.push(Uint8Array.of(4));
    expect(reader.attempt(() => reader.bytes(4))).toBeUndefined();
    expect([...reader.rest()]).toEqual([2, 3, 4]);
    expect(reader.consumed).toBe(12);
  });
});
