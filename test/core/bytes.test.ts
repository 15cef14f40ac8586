import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined, viewOf, writeU16, writeU32 } from '../../source/core/bytes.js';

describe('bytes', () => {
  it('are joined in order', () => {
    expect(joined([])).toEqual(new Uint8Array(0));
    expect(joined([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)])).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('hold numbers big-endian, wherever they lie in their buffer', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.integer(), (short, long) => {
        const bytes = new Uint8Array(16).subarray(5, 12);
        writeU16(bytes, 0, short);
        writeU32(bytes, 2, long);
        expect(viewOf(bytes).getUint16(0)).toBe(short);
        expect(viewOf(bytes).getInt32(2)).toBe(long);
        writeU32(bytes, 2, long >>> 0);
        expect(viewOf(bytes).getUint32(2)).toBe(long >>> 0);
        expect(bytes[6]).toBe(0);
      }),
    );
  });
});
