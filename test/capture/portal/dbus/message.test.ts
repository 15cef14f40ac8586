import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DBusMessage,
  decodeMessage,
  encodeMessage,
  messageLength,
} from '../../../../source/capture/portal/dbus/message.js';
import {
  DBUS_LIMITS,
  DBusReader,
  type DBusValue,
  DBusWriter,
  Malformed,
  options,
  typesIn,
  Variant,
} from '../../../../source/capture/portal/dbus/values.js';
import { anyText } from '../../../helpers/any-text.js';
import { drawSeed } from '../../../helpers/seed.js';

interface Typed {
  readonly type: string;
  readonly value: DBusValue;
}

const text = anyText.filter(each => !each.includes('\0') && Buffer.from(each).toString() === each);
const path = fc.array(fc.stringMatching(/^[A-Za-z0-9_]{1,5}$/), { maxLength: 3 }).map(parts => `/${parts.join('/')}`);
const basic = fc.oneof(
  fc.record({ type: fc.constant('y'), value: fc.nat(255) }),
  fc.record({ type: fc.constant('b'), value: fc.boolean() }),
  fc.record({ type: fc.constant('n'), value: fc.integer({ min: -32_768, max: 32_767 }) }),
  fc.record({ type: fc.constant('q'), value: fc.nat(65_535) }),
  fc.record({ type: fc.constant('i'), value: fc.integer() }),
  fc.record({ type: fc.constantFrom('u', 'h'), value: fc.nat(0xffff_ffff) }),
  fc.record({ type: fc.constant('x'), value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }),
  fc.record({ type: fc.constant('t'), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
  fc.record({ type: fc.constant('d'), value: fc.double({ noNaN: true }) }),
  fc.record({ type: fc.constant('s'), value: text }),
  fc.record({ type: fc.constant('o'), value: path }),
  fc.record({ type: fc.constant('g'), value: fc.constantFrom('', 's', 'a{sv}', '(ii)aav') }),
);
const { typed } = fc.letrec<{ typed: Typed }>(tie => ({
  typed: fc.oneof(
    { maxDepth: 4 },
    basic,
    tie('typed').map(({ type, value }) => ({ type: 'v', value: new Variant(type, value) })),
    // Equal elements, so that all are of one type.
    fc.tuple(tie('typed'), fc.nat(3)).map(([{ type, value }, count]) => {
      return { type: `a${type}`, value: Array.from({ length: count }, () => value) };
    }),
    fc.array(tie('typed'), { minLength: 1, maxLength: 4 }).map(each => ({
      type: `(${each.map(({ type }) => type).join('')})`,
      value: each.map(({ value }) => value),
    })),
    fc.tuple(basic, tie('typed')).map(([key, { type, value }]) => {
      return {
        type: `a{${key.type}${type}}`,
        value: new Map([[key.value, value]]) as ReadonlyMap<DBusValue, DBusValue>,
      };
    }),
  ),
}));

const written = ({ type, value }: Typed): Buffer => {
  const writer = new DBusWriter();
  writer.write(type, value);
  return Buffer.from(writer.bytes);
};

const CALL: DBusMessage & { type: 'call' } = {
  type: 'call',
  serial: 7,
  path: '/org/freedesktop/portal/desktop',
  interface: 'org.freedesktop.portal.ScreenCast',
  member: 'SelectSources',
  destination: 'org.freedesktop.portal.Desktop',
  signature: 'oa{sv}',
  body: ['/session/1', options({ types: ['u', 1], multiple: ['b', false], restore_token: ['s', 'söme'] })],
};

describe('a value of D-Bus', () => {
  test('is read as it was written, of whatever type', () => {
    fc.assert(
      fc.property(typed, each => {
        fc.pre(each.type.length <= DBUS_LIMITS.signature);
        const bytes = written(each);
        const reader = new DBusReader(bytes);
        expect(reader.read(each.type)).toEqual(each.value);
        expect(reader.at).toBe(bytes.length);
      }),
      { seed: drawSeed() },
    );
  });

  test('is read as it was written, of whatever length', () => {
    for (let length = 200; length < 600; length++) {
      const value = [new Map([['a', new Variant('s', 'x'.repeat(length))]]), length, -1n] as const;
      expect(new DBusReader(written({ type: '(a{sv}ux)', value })).read('(a{sv}ux)')).toEqual(value);
    }
  });

  test('has the bytes of the specification', () => {
    // "Marshaling": the array of one int64 has a gap after its length, which the length does not count.
    expect(written({ type: 'ax', value: [5n] }).toString('hex')).toBe('08000000000000000500000000000000');
    expect(written({ type: '(ybs)', value: [1, true, 'foo'] }).toString('hex')).toBe(
      '01000000010000000300000066 6f6f00'.replace(' ', ''),
    );
    expect(written({ type: 'v', value: new Variant('u', 258) }).toString('hex')).toBe('0175000002010000');
    expect(new DBusReader(Uint8Array.of(0, 0, 1, 2), false).read('u')).toBe(258);
  });

  test.each([
    ['a{vs}', 'without a simple key'],
    ['a{sss}', 'does not end'],
    ['a{s', 'an invalid'],
    ['(i', 'an invalid'],
    ['()', 'an invalid'],
    ['a', 'an invalid'],
    ['{sv}', 'an invalid'],
    ['z', 'an invalid'],
    ['a'.repeat(40).concat('i'), 'too deeply'],
    ['i'.repeat(256), 'too long'],
  ])('of the type %s is refused', (signature, why) => {
    expect(() => typesIn(signature)).toThrow(why);
  });

  test.each<Typed>([
    { type: 'y', value: 256 },
    { type: 'n', value: 40_000 },
    { type: 'u', value: -1 },
    { type: 'u', value: 1n },
    { type: 'x', value: 2n ** 63n },
    { type: 'x', value: 1 },
    { type: 's', value: 'a\0b' },
    { type: 'o', value: 'no/path' },
    { type: 'g', value: 'a' },
    { type: 'v', value: 'unpacked' },
    { type: 'v', value: new Variant('ii', [1, 2]) },
    { type: 'as', value: ['a', 1] },
    { type: '(is)', value: [1] },
    { type: 'a{sv}', value: ['a'] },
    { type: 'b', value: 1 },
  ])('that does not fit its type is refused: $type $value', each => {
    expect(() => written(each)).toThrow(Malformed);
  });
});

describe('a message of D-Bus', () => {
  test('is read as it was written', () => {
    expect(decodeMessage(encodeMessage(CALL))).toEqual(CALL);
    const reply = {
      type: 'reply',
      serial: 1,
      replyTo: 7,
      sender: ':1.2',
      signature: 'h',
      descriptors: 1,
      body: [0],
    } as const;
    expect(decodeMessage(encodeMessage(reply))).toEqual(reply);
    const refused = { type: 'error', serial: 2, replyTo: 7, errorName: 'a.b.C', body: [] } as const;
    expect(decodeMessage(encodeMessage(refused))).toEqual(refused);
  });

  test('tells its length as soon as its beginning is there', () => {
    const bytes = encodeMessage(CALL);
    for (let length = 0; length < 16; length++) expect(messageLength(bytes.subarray(0, length))).toBeNull();
    expect(messageLength(bytes.subarray(0, 16))).toBe(bytes.length);
    expect(messageLength(Buffer.concat([bytes, bytes]))).toBe(bytes.length);
  });

  test('of an unknown type, or with an unknown field, is read all the same', () => {
    const bytes = encodeMessage(CALL);
    bytes[1] = 9;
    expect(decodeMessage(bytes).type).toBe('unknown');
    const place = bytes.indexOf(Buffer.from([3, 1, 's'.charCodeAt(0)]));
    bytes[place] = 77;
    expect(decodeMessage(bytes)).not.toHaveProperty('member');
  });

  test.each([
    ['no byte order', (bytes: Buffer) => bytes.writeUInt8(0, 0), 'byte order'],
    ['the type 0', (bytes: Buffer) => bytes.writeUInt8(0, 1), 'version'],
    ['another version', (bytes: Buffer) => bytes.writeUInt8(2, 3), 'version'],
    ['a body that is longer than said', (bytes: Buffer) => bytes.writeUInt32LE(4, 4), 'length'],
    ['fields beyond the end', (bytes: Buffer) => bytes.writeUInt32LE(0xffff, 12), 'beyond the end'],
    ['a field of another type', (bytes: Buffer) => bytes.write('s', 18), 'a field path'],
  ])('with %s is refused', (_, damage, why) => {
    const bytes = encodeMessage(CALL);
    damage(bytes);
    expect(() => decodeMessage(bytes)).toThrow(why);
  });

  test('that would be too long is refused before it is awaited', () => {
    const bytes = encodeMessage(CALL);
    bytes.writeUInt32LE(DBUS_LIMITS.message, 4);
    expect(() => messageLength(bytes)).toThrow(/bytes/);
    bytes.writeUInt32LE(0xffff_ffff, 12);
    expect(() => messageLength(bytes)).toThrow(Malformed);
  });

  test('that is damaged or cut off is read or refused, and nothing else', () => {
    const whole = encodeMessage(CALL);
    const damaged = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(damaged, fc.nat(whole.length), (changes, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
        try {
          messageLength(bytes);
          decodeMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { seed: drawSeed(), numRuns: 1000 },
    );
  });

  test('of nothing but random bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(() => decodeMessage(bytes)).toThrow(Malformed);
      }),
      { seed: drawSeed() },
    );
  });
});
