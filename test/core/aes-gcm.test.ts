import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AesGcmOpener } from '../../source/core/aes-gcm.js';
import { RECORD_CIPHERS } from '../../source/node/record-ciphers.js';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** Sealed by OpenSSL. */
function sealed(key: Uint8Array, nonce: Uint8Array, header: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(header);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

describe('AES-256-GCM without a platform', () => {
  it('opens the vectors of its authors (McGrew and Viega, test cases 14 and 16)', () => {
    const zeros = new AesGcmOpener(new Uint8Array(32));
    const first = hex('cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919');
    expect(zeros.open(new Uint8Array(12), new Uint8Array(0), first)).toEqual(new Uint8Array(16));
    const opener = new AesGcmOpener(hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'));
    const plain =
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39';
    const cipher =
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662';
    const tag = '76fc6ece0f4e1768cddf8853bb2d551b';
    const header = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    expect(opener.open(hex('cafebabefacedbaddecaf888'), header, hex(cipher + tag))).toEqual(hex(plain));
  });

  it('opens what OpenSSL sealed, whatever the lengths, as OpenSSL does', () => {
    for (let length = 0; length < 70; length++) {
      const [key, nonce] = [randomBytes(32), randomBytes(12)];
      const [header, plain] = [randomBytes((length * 7) % 41), randomBytes(length)];
      const message = sealed(key, nonce, header, plain);
      const opener = new AesGcmOpener(key);
      expect(opener.open(nonce, header, message)).toEqual(Uint8Array.from(plain));
      expect(Buffer.from(RECORD_CIPHERS[0].create(key).open(nonce, header, message)!)).toEqual(plain);
    }
    const [key, nonce, plain] = [randomBytes(32), randomBytes(12), randomBytes(300_001)];
    const opened = new AesGcmOpener(key).open(nonce, new Uint8Array(0), sealed(key, nonce, new Uint8Array(0), plain));
    expect(plain.equals(opened!)).toBe(true);
  });

  it('opens nothing of which a bit was changed: of the text, the tag, the header, the nonce or the key', () => {
    const [key, nonce, header] = [randomBytes(32), randomBytes(12), randomBytes(18)];
    const message = sealed(key, nonce, header, randomBytes(33));
    const flipped = (bytes: Uint8Array, bit: number) =>
      Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const opener = new AesGcmOpener(key);
    for (let bit = 0; bit < message.length * 8; bit += 5) {
      expect(opener.open(nonce, header, flipped(message, bit))).toBeNull();
    }
    expect(opener.open(nonce, flipped(header, 3), message)).toBeNull();
    expect(opener.open(flipped(nonce, 90), header, message)).toBeNull();
    expect(new AesGcmOpener(flipped(key, 200)).open(nonce, header, message)).toBeNull();
    expect(opener.open(nonce, header, message.subarray(0, 15))).toBeNull();
    expect(opener.open(nonce, header, message)).not.toBeNull();
  });
});
