import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromLatin1, fromUtf8, latin1, utf8 } from '../../source/core/text.js';
import { anyText } from '../helpers/any-text.js';

/** Bytes that are nearly UTF-8: heads, followers and ASCII in any order. */
const nearlyUtf8 = fc
  .array(fc.oneof(fc.constantFrom(0x41, 0x80, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5), fc.nat(255)))
  .map(bytes => Uint8Array.from(bytes));

describe('text', () => {
  it('reads and writes Latin-1, a byte a character', () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index & 255);
    expect(latin1(bytes)).toBe(Buffer.from(bytes).toString('latin1'));
    expect(fromLatin1(latin1(bytes))).toEqual(bytes);
    expect(fromLatin1('Ā')).toEqual(Uint8Array.of(0));
  });

  it('reads UTF-8 as the Encoding Standard does, damaged or not', () => {
    const standard = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(fc.oneof(nearlyUtf8, fc.uint8Array()), bytes => {
        expect(utf8(bytes)).toBe(standard.decode(bytes));
      }),
    );
    expect(utf8(Buffer.from('\ufeffbildschirm ü € 😀'.repeat(1000)))).toBe('\ufeffbildschirm ü € 😀'.repeat(1000));
  });

  it('writes UTF-8', () => {
    fc.assert(
      fc.property(anyText, text => {
        expect(fromUtf8(text)).toEqual(Uint8Array.from(Buffer.from(text, 'utf8')));
      }),
    );
    expect(fromUtf8('a\ud800b')).toEqual(Uint8Array.from(Buffer.from('a\ud800b', 'utf8')));
  });
});
