import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG_LENGTH } from '../../source/core/record-cipher.js';
import { nativeMode } from '../../source/native/native-mode.js';
import { cipherContext } from '../../source/native/openssl.js';
import { createNodeCipher, RECORD_CIPHERS } from '../../source/node/record-ciphers.js';
import { sealedBy } from '../helpers/sealed-records.js';

const NAMES = ['aes-256-gcm', 'chacha20-poly1305'] as const;

const isOff = nativeMode() === 'off';

describe("OpenSSL's ciphers, called directly unless native code is off", () => {
  it.each([0, 1])('seal and open as Node does (%i)', index => {
    const key = randomBytes(32);
    const [direct, node] = [RECORD_CIPHERS[index]!.create(key), createNodeCipher(NAMES[index]!, key)];
    expect(direct.constructor === node.constructor).toBe(isOff);
    const bytes = (least: number, most: number) => fc.uint8Array({ minLength: least, maxLength: most });
    fc.assert(
      fc.property(bytes(12, 12), bytes(1, 40), bytes(0, 5000), fc.nat(), (nonce, header, plain, at) => {
        const message = sealedBy(node, nonce, header, plain);
        expect(sealedBy(direct, nonce, header, plain).equals(message)).toBe(true);
        expect(Buffer.from(direct.open(nonce, header, message)!).equals(plain)).toBe(true);
        message[at % message.length]! ^= 1 << (at & 7);
        expect(direct.open(nonce, header, message)).toBeNull();
        expect(node.open(nonce, header, message)).toBeNull();
        expect(direct.open(nonce, header, message.subarray(0, TAG_LENGTH - 1))).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it('keep many messages, keys and directions apart', () => {
    const ciphers = Array.from({ length: 20 }, () => {
      const key = randomBytes(32);
      return [RECORD_CIPHERS[0].create(key), RECORD_CIPHERS[0].create(key)] as const;
    });
    const [nonce, header] = [randomBytes(12), Uint8Array.of(0, 9)];
    const sealed = ciphers.map(([own], index) => sealedBy(own, nonce, header, Buffer.from(`number ${index}`)));
    for (const [index, [own, other]] of ciphers.entries()) {
      expect(Buffer.from(other.open(nonce, header, sealed[index]!)!).toString()).toBe(`number ${index}`);
      expect(own.open(nonce, header, sealed[(index + 1) % sealed.length]!)).toBeNull();
    }
  });

  it('continue a message over several calls', () => {
    const [key, counter, text] = [randomBytes(32), randomBytes(16), randomBytes(100)];
    const context = cipherContext('aes-256-ctr', key, true);
    expect(context === null).toBe(isOff);
    if (!context) return;
    const found = Buffer.alloc(100);
    context.begin(counter);
    for (let at = 0; at < 100; at += 10) context.update(text.subarray(at, at + 10), found.subarray(at, at + 10));
    expect(found.equals(createCipheriv('aes-256-ctr', key, counter).update(text))).toBe(true);
  });

  it('are there by the names that OpenSSL knows only', () => {
    expect(cipherContext('aes-256-nothing', randomBytes(32), true)).toBeNull();
  });
});
