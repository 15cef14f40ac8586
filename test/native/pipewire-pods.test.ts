import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  enumeration,
  flags,
  fraction,
  id,
  int,
  object,
  propertiesOf,
  range,
  rectangle,
} from '../../source/native/pipewire-pods.js';
import { drawSeed } from '../helpers/seed.js';

const FORMAT = object(0x40003, 4, [
  [1, id(2)],
  [2, enumeration(id(1), id(7))],
  [0x20003, rectangle({ width: 1920, height: 1080 })],
  [0x20004, range(fraction(60, 1), fraction(0, 1), fraction(1000, 1))],
  [7, int(-5 >>> 0)],
  [8, flags(int(6))],
]);

describe('a pod', () => {
  test('has the bytes of spa/pod/pod.h', () => {
    // Size and type, the body, and a gap up to 8 bytes.
    expect(id(8).toString('hex')).toBe('04000000030000000800000000000000');
    expect(rectangle({ width: 2, height: 3 }).toString('hex')).toBe('080000000a0000000200000003000000');
    // Kind and flags of the choice, size and type of its values, then these.
    expect(range(int(2), int(1), int(3)).toString('hex')).toBe(
      '1c000000130000000100000000000000040000000400000002000000010000000300000000000000',
    );
    // Type and id of the object, key and flags of the property, then its value.
    expect(object(0x40003, 4, [[1, id(2)]]).toString('hex')).toBe(
      `200000000f000000${'0300040004000000'}${'0100000000000000'}04000000030000000200000000000000`,
    );
  });

  test('is read by its properties; of a choice the preferred value counts', () => {
    const properties = new Map<number, unknown>([
      [1, 2],
      [2, 1],
      [0x20003, [1920, 1080]],
      [0x20004, [60, 1]],
      [7, -5],
      [8, 6],
    ]);
    expect(propertiesOf(FORMAT)).toEqual(properties);
    expect(propertiesOf(int(3)).size).toBe(0);
  });

  test('that is damaged or cut off gives what is readable, and nothing fails', () => {
    const damaged = fc.array(fc.tuple(fc.nat(FORMAT.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(damaged, fc.nat(FORMAT.length), (changes, length) => {
        const bytes = Buffer.from(FORMAT.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
        expect(propertiesOf(bytes).size).toBeLessThanOrEqual(6);
      }),
      { seed: drawSeed(), numRuns: 2000 },
    );
    // A length that leads back where numbers have 32 bits and a sign.
    const endless = Buffer.from(FORMAT);
    endless.writeUInt32LE(0x8000_0000, 24);
    expect([...propertiesOf(endless).keys()]).toEqual([1]);
  });
});
