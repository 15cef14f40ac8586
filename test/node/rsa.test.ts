import { constants, createPrivateKey, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RsaKeyPair, rsaEncrypted } from '../../source/node/rsa.js';

const keys = await RsaKeyPair.make();
const [LONG, SHORT] = [32, 16];

/** What a peer sends that pads in its own way. */
function raw(block: Uint8Array): Uint8Array {
  const key = createPublicKey(createPrivateKey(keys.pem));
  return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block);
}

function padded(text: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0, 2), Buffer.alloc(253 - text.length, 7), Buffer.of(0), text]);
}

describe('an RSA key pair', () => {
  it('has 2048 bits, and is the same after it was stored and read', () => {
    expect(keys.modulus.length).toBe(256);
    const again = new RsaKeyPair(keys.pem);
    expect(again.modulus).toEqual(keys.modulus);
    const text = randomBytes(SHORT);
    expect(again.decrypt(rsaEncrypted(keys, text), [SHORT])).toEqual(text);
  });

  it('decrypts a text of either length, with zeros in it or before the key', () => {
    for (const text of [randomBytes(SHORT), randomBytes(LONG), new Uint8Array(SHORT), new Uint8Array(LONG)]) {
      const found = keys.decrypt(
        rsaEncrypted({ ...keys, modulus: padZeros(keys.modulus), exponent: padZeros(keys.exponent) }, text),
        [LONG, SHORT],
      );
      expect(Buffer.from(found).equals(text)).toBe(true);
    }
  });

  it('answers with random bytes where the padding is wrong in any place', () => {
    const text = Buffer.alloc(SHORT, 9);
    const right = padded(text);
    expect(keys.decrypt(raw(right), [SHORT])).toEqual(text);
    for (const [at, byte] of [
      [0, 0],
      [1, 1],
      [2, 0],
      [100, 0],
      [238, 0],
      [239, 1],
    ] as const) {
      const wrong = Buffer.from(right);
      wrong[at] = byte;
      if (wrong.equals(right)) continue;
      const [one, other] = [keys.decrypt(raw(wrong), [SHORT]), keys.decrypt(raw(wrong), [SHORT])];
      expect(one.length).toBe(SHORT);
      expect(one).not.toEqual(text);
      expect(one).not.toEqual(other);
    }
    expect(keys.decrypt(raw(padded(Buffer.alloc(20, 9))), [LONG, SHORT]).length).toBe(LONG);
    expect(keys.decrypt(new Uint8Array(256).fill(0xff), [SHORT]).length).toBe(SHORT);
    expect(keys.decrypt(new Uint8Array(3), [SHORT]).length).toBe(SHORT);
  });

  it('does not encrypt with what is no key', () => {
    const text = randomBytes(SHORT);
    expect(() => rsaEncrypted({ modulus: new Uint8Array(256), exponent: keys.exponent }, text)).toThrow();
  });
});

function padZeros(number: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.alloc(3), number]);
}
