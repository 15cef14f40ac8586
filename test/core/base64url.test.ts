import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../source/core/base64url.js';
import { drawSeed } from '../helpers/seed.js';

test('bytes are encoded as Node encodes them, and decoded again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), bytes => {
      const text = toBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64Url(text)).toEqual(Uint8Array.from(bytes));
    }),
    { seed: drawSeed() },
  );
});

test.each([['=='], ['AA='], ['+/'], ['A'], ['AAAAA'], ['AB'], ['AAB'], ['Ä'], [' AA']])(
  '"%s" encodes nothing',
  text => {
    expect(fromBase64Url(text)).toBeNull();
  },
);
