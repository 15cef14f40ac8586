import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { ClientReader, type ServerEvent } from '../../../source/protocols/rfb/client-reader.js';

/** Reads everything; a rectangle of encoding n is taken to have n bytes. */
function read(bytes: readonly number[], pieces: 'whole' | 'byte by byte'): ServerEvent[] {
  const reader = new ByteReader();
  const client = new ClientReader();
  const events: ServerEvent[] = [];
  let rectangleBytes = 0;
  const step = () => {
    for (;;) {
      if (rectangleBytes > 0) {
        const there = Math.min(rectangleBytes, reader.available);
        reader.skip(there);
        rectangleBytes -= there;
        if (rectangleBytes > 0) return;
        client.rectangleDone();
      }
      const event = client.next(reader);
      if (!event) return;
      events.push(event);
      if (event.type !== 'rectangle') continue;
      rectangleBytes = event.header.encoding;
      if (rectangleBytes === 0) client.rectangleDone();
    }
  };
  const size = pieces === 'whole' ? bytes.length : 1;
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(Uint8Array.from(bytes.slice(at, at + size)));
    step();
  }
  return events;
}

const rectangle = (x: number, y: number, width: number, height: number, encoding: number) => {
  const header = Buffer.alloc(12);
  for (const [index, value] of [x, y, width, height].entries()) header.writeUInt16BE(value, 2 * index);
  header.writeInt32BE(encoding, 8);
  return [...header];
};
const end = { type: 'update-end' };
const found = (x: number, y: number, width: number, height: number, encoding: number) => ({
  type: 'rectangle',
  header: { x, y, width, height, encoding },
});

describe.each(['whole', 'byte by byte'] as const)("the server's messages, %s", pieces => {
  it('are an update of so many rectangles', () => {
    const bytes = [0, 0, 0, 2, ...rectangle(1, 2, 3, 4, 5), 9, 9, 9, 9, 9, ...rectangle(65_535, 0, 0, 1, 0), 2];
    const expected = [
      { type: 'update', rectangles: 2 },
      found(1, 2, 3, 4, 5),
      found(65_535, 0, 0, 1, 0),
      end,
      { type: 'bell' },
    ];
    expect(read(bytes, pieces)).toEqual(expected);
  });

  it('are an update without a rectangle', () => {
    expect(read([0, 0, 0, 0, 2], pieces)).toEqual([{ type: 'update', rectangles: 0 }, end, { type: 'bell' }]);
  });

  it('are an update that LastRect ends, counted or not', () => {
    const rectangles = [...rectangle(0, 0, 1, 1, 1), 9, ...rectangle(0, 0, 0, 0, -224)];
    for (const count of [0xffff, 5]) {
      expect(read([0, 0, count >> 8, count & 0xff, ...rectangles, 2], pieces)).toEqual([
        { type: 'update', rectangles: count },
        found(0, 0, 1, 1, 1),
        end,
        { type: 'bell' },
      ]);
    }
  });

  it('are a bell, a text, a colour map, a fence, an end of continuous updates', () => {
    const bytes = [
      2,
      ...[3, 0, 0, 0, 0, 0, 0, 3, 0x61, 0x62, 0x63],
      ...[3, 0, 0, 0, 0, 0, 0, 0],
      ...[3, 0, 0, 0, 0xff, 0xff, 0xff, 0xfb, 0, 0, 0, 1, 0],
      ...[1, 0, 0, 7, 0, 1, 0xff, 0xff, 0x12, 0x34, 0, 0],
      ...[248, 0, 0, 0, 0x80, 0, 0, 1, 2, 0xab, 0xcd],
      150,
    ];
    expect(read(bytes, pieces)).toEqual([
      { type: 'bell' },
      { type: 'cut-text', extended: false, length: 3 },
      { type: 'cut-text', extended: false, length: 0 },
      { type: 'cut-text', extended: true, length: 5 },
      { type: 'colour-map', first: 7, colours: Uint16Array.of(0xffff, 0x1234, 0) },
      { type: 'fence', flags: 0x8000_0001, payload: Uint8Array.of(0xab, 0xcd) },
      { type: 'end-of-continuous-updates' },
    ]);
  });

  it('are discarded if they belong to extensions that were not requested', () => {
    const bytes = [250, 0, 1, 1, ...[255, 1, 0, 1], ...[255, 1, 0, 2, 0, 0, 0, 3, 9, 9, 9], 2];
    expect(read(bytes, pieces)).toEqual([
      { type: 'ignored', message: 250 },
      { type: 'ignored', message: 255 },
      { type: 'ignored', message: 255 },
      { type: 'bell' },
    ]);
  });

  it('are a text of any length, which is discarded', () => {
    const reader = new ByteReader(4096);
    const messages = new ClientReader();
    reader.push(Uint8Array.of(3, 0, 0, 0, 0x01, 0x80, 0, 0));
    const text = new Uint8Array(4096);
    for (let left = 0x0180_0000; left > 0; left -= text.length) {
      expect(messages.next(reader)).toBeUndefined();
      reader.push(text);
    }
    expect(messages.next(reader)).toEqual({ type: 'cut-text', extended: false, length: 0x0180_0000 });
  });

  it.each([
    ['a message that does not exist', [77]],
    ['a QEMU message that is no sound', [255, 7]],
    ['a fence of 65 bytes', [248, 0, 0, 0, 0, 0, 0, 0, 65]],
  ])('are refused when they are %s', (_what, bytes) => {
    expect(() => read(bytes, pieces)).toThrowError(expect.objectContaining({ code: 'E_RFB_PROTOCOL' }));
  });
});
