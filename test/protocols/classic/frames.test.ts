import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { ClassicFrameReader, frameHeader, largestBody } from '../../../source/protocols/classic/frames.js';
import { feedByteByByte } from '../../helpers/one-byte-duplex.js';

function readerOf(bytes: Uint8Array, limit = 1000): ClassicFrameReader {
  const reader = new ByteReader();
  reader.push(bytes);
  return new ClassicFrameReader(reader, limit);
}

describe('frameHeader', () => {
  it('has as many size bytes as the size needs, as (bit_length + 7) // 8 says', () => {
    const header = (size: number) => Buffer.from(frameHeader(size)).toString('hex');
    expect(header(1)).toBe('0101');
    expect(header(255)).toBe('01ff');
    expect(header(256)).toBe('020100');
    expect(header(65_535)).toBe('02ffff');
    expect(header(65_536)).toBe('03010000');
    expect(header(2 ** 32 - 1)).toBe('04ffffffff');
    expect(() => frameHeader(2 ** 32)).toThrow(RangeError);
  });
});

describe('ClassicFrameReader', () => {
  it('reads frames byte by byte', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 })), bodies => {
        const bytes = new ByteReader();
        const frames = new ClassicFrameReader(bytes, 400);
        const read: Uint8Array[] = [];
        const wire = Buffer.concat(bodies.flatMap(body => [frameHeader(body.length), body]));
        feedByteByByte(bytes, wire, () => {
          for (let message = frames.next(); message; message = frames.next()) {
            if (message.type === 'body') read.push(Uint8Array.from(message.body));
            else expect(message.bodyLength).toBe(bodies[read.length]!.length);
          }
        });
        expect(read).toEqual(bodies.map(body => Uint8Array.from(body)));
        expect(frames.betweenFrames).toBe(true);
      }),
    );
  });

  it.each([
    ['no size bytes', '00'],
    ['five size bytes', '0500000000ff'],
    ['an rfb banner', '52464220'],
  ])('refuses %s', (_what, hex) => {
    expect(() => readerOf(Buffer.from(hex, 'hex')).next()).toThrow(expect.objectContaining({ code: 'E_FRAME_HEADER' }));
  });

  it.each([
    ['an empty frame', '0100'],
    ['4 GiB', '04ffffffff'],
    ['more than the picture can take', '0203e9'],
  ])('refuses %s before its body is there', (_what, hex) => {
    expect(() => readerOf(Buffer.from(hex, 'hex')).next()).toThrow(expect.objectContaining({ code: 'E_FRAME_SIZE' }));
  });

  it('knows whether the peer may close here', () => {
    const bytes = new ByteReader();
    const frames = new ClassicFrameReader(bytes, 10);
    expect(frames.betweenFrames).toBe(true);
    bytes.push(Uint8Array.of(1, 2, 7));
    frames.next();
    expect(frames.betweenFrames).toBe(false);
    bytes.push(Uint8Array.of(7));
    expect(frames.next()).toMatchObject({ type: 'body' });
    expect(frames.betweenFrames).toBe(true);
  });

  it('accepts the output of deflate without compression', () => {
    expect(largestBody({ width: 1366, height: 768 })).toBeGreaterThan(1366 * 768 * 3 + 24 * 64);
  });
});
