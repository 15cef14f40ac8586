import { createCipheriv, createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameInConstantTime } from '../../source/core/bytes.js';
import { encryptDes } from '../../source/core/des.js';
import { hmacSha256, sha256 } from '../../source/core/sha256.js';

const plain = (bytes: Uint8Array) => Uint8Array.from(bytes);

describe('what is computed without the platform is as node:crypto has it', () => {
  it('DES', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(8), bytes(16), (key, data) => {
        // OpenSSL 3 keeps single DES in its legacy provider; triple DES with one key three times is the same function.
        const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null).setAutoPadding(false);
        expect(encryptDes(key, data)).toEqual(plain(cipher.update(data)));
      }),
    );
  });

  it('SHA-256, of every length around its blocks', () => {
    for (let length = 0; length < 200; length++) {
      const data = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255);
      expect(sha256(data)).toEqual(plain(createHash('sha256').update(data).digest()));
    }
  });

  it('HMAC, with keys shorter and longer than a block', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 300 }), (key, data) => {
        expect(hmacSha256(key, data)).toEqual(plain(createHmac('sha256', key).update(data).digest()));
      }),
    );
  });

  it('a comparison in constant time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (one, other) => {
        expect(sameInConstantTime(one, other)).toBe(Buffer.from(one).equals(other));
        expect(sameInConstantTime(one, plain(one))).toBe(true);
      }),
    );
  });
});
