import { type CipherGCMTypes, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import {
  AES_256_GCM,
  type AvailableCipher,
  CHACHA20_POLY1305,
  type RecordCipher,
  TAG_LENGTH,
} from '../core/record-cipher.js';

const OPTIONS = { authTagLength: TAG_LENGTH };

/** A cipher of OpenSSL's. Its algorithm for ChaCha20-Poly1305 is called in the same way as one for GCM. */
class OpenSslCipher implements RecordCipher {
  readonly #algorithm: CipherGCMTypes;
  readonly #key: KeyObject;

  constructor(algorithm: string, key: Uint8Array) {
    this.#algorithm = algorithm as CipherGCMTypes;
    this.#key = createSecretKey(key);
  }

  seal(nonce: Uint8Array, header: Uint8Array, plain: Uint8Array): Uint8Array[] {
    const cipher = createCipheriv(this.#algorithm, this.#key, nonce, OPTIONS);
    cipher.setAAD(header);
    const encrypted = cipher.update(plain);
    cipher.final();
    return [encrypted, cipher.getAuthTag()];
  }

  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_LENGTH;
    if (length < 0) return null;
    const decipher = createDecipheriv(this.#algorithm, this.#key, nonce, OPTIONS);
    decipher.setAAD(header);
    decipher.setAuthTag(sealed.subarray(length));
    const plain = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return plain;
  }
}

export const AES_CIPHER: AvailableCipher = {
  ...AES_256_GCM,
  create: key => new OpenSslCipher('aes-256-gcm', key),
};

/** Ciphers for records, the best first. */
export const RECORD_CIPHERS: readonly [aes: AvailableCipher, chaCha20: AvailableCipher] = [
  AES_CIPHER,
  { ...CHACHA20_POLY1305, create: key => new OpenSslCipher('chacha20-poly1305', key) },
];
