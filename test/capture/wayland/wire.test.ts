import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeArguments,
  encodeMessage,
  MessageReader,
  WaylandWireError,
  type WireMessage,
} from '../../../source/capture/wayland/wire.js';

function read(chunks: readonly Buffer[]): WireMessage[] {
  const reader = new MessageReader();
  const found: WireMessage[] = [];
  for (const chunk of chunks) {
    reader.push(chunk, ({ object, opcode, payload }) => found.push({ object, opcode, payload: Buffer.from(payload) }));
  }
  return found;
}

test('a request has the bytes that the protocol describes', () => {
  // wl_registry.bind of name 7, wl_shm version 1, as object 3.
  const { bytes, descriptors } = encodeMessage(2, 0, 'usun', [7, 'wl_shm', 1, 3]);
  const words = [2, (32 << 16) | 0, 7, 7];
  expect(bytes.subarray(0, 16)).toEqual(Buffer.from(Uint32Array.from(words).buffer));
  expect(bytes.subarray(16, 24).toString('latin1')).toBe('wl_shm\0\0');
  expect(bytes.subarray(24)).toEqual(Buffer.from(Uint32Array.from([1, 3]).buffer));
  expect(descriptors).toEqual([]);
});

test('a descriptor takes no bytes and is given apart', () => {
  const { bytes, descriptors } = encodeMessage(4, 0, 'nhi', [9, 17, -5]);
  expect(bytes.length).toBe(16);
  expect(descriptors).toEqual([17]);
  expect(decodeArguments('nhi', bytes.subarray(8))).toEqual([9, -5]);
});

test('fixed-point numbers and arrays survive', () => {
  const args = [-3.5, Buffer.of(1, 2, 3, 4, 5), 'äß', 0xffff_ffff];
  const { bytes } = encodeMessage(4, 1, 'fasu', args);
  expect(bytes.length % 4).toBe(0);
  expect(decodeArguments('fasu', bytes.subarray(8))).toEqual(args);
});

test('messages are read however they are cut', () => {
  const messages = [
    encodeMessage(1, 2, 'us', [1, 'one']),
    encodeMessage(0xff00_0000, 0, '', []),
    encodeMessage(3, 1, 'a', [Buffer.alloc(5_000, 7)]),
  ].map(({ bytes }) => bytes);
  const all = Buffer.concat(messages);
  const whole = read([all]);
  expect(whole.map(({ object, opcode }) => [object, opcode])).toEqual([
    [1, 2],
    [0xff00_0000, 0],
    [3, 1],
  ]);
  expect(read(Array.from(all.subarray(0, 64), byte => Buffer.of(byte)))).toEqual(whole.slice(0, 2));
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), { maxLength: 8 }), cuts => {
      const places = [0, ...cuts.sort((a, b) => a - b), all.length];
      expect(read(places.slice(1).map((end, index) => all.subarray(places[index], end)))).toEqual(whole);
    }),
  );
});

test.each([
  ['a size below that of the header', [1, (4 << 16) | 0]],
  ['a size of 0', [1, 0]],
  ['a size that is no multiple of 4', [1, (10 << 16) | 0, 0]],
])('%s is refused', (_, words) => {
  expect(() => read([Buffer.from(Uint32Array.from(words).buffer)])).toThrow(WaylandWireError);
});

test.each([
  ['uu', [1]],
  ['s', [100, 0]],
  ['s', [0xffff_ffff, 0]],
  ['a', [5, 0]],
  ['su', [4, 0x0061_6161]],
] as const)('arguments %s that the message has no room for are refused', (signature, words) => {
  expect(() => decodeArguments(signature, Buffer.from(Uint32Array.from(words).buffer))).toThrow(WaylandWireError);
});

test('any bytes are messages or refused, and no text is longer than its message', () => {
  const signature = fc.string({ unit: fc.constantFrom(...'iufsaon'), maxLength: 8 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(399), signature, (bytes, cut, letters) => {
      const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)].map(each => Buffer.from(each));
      try {
        for (const { payload } of read(chunks)) {
          for (const value of decodeArguments(letters, payload)) {
            if (typeof value !== 'number') expect(Buffer.byteLength(value)).toBeLessThanOrEqual(payload.length * 3);
          }
        }
      } catch (error) {
        expect(error).toBeInstanceOf(WaylandWireError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('what fits in no message is not sent', () => {
  expect(() => encodeMessage(1, 0, 's', ['x'.repeat(70_000)])).toThrow(RangeError);
});
