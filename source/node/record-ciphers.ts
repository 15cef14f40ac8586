import {
  type CipherGCM,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import {
  AES_256_GCM,
  type AvailableCipher,
  CHACHA20_POLY1305,
  type RecordCipher,
  TAG_LENGTH,
} from '../core/record-cipher.js';

const OPTIONS = { authTagLength: TAG_LENGTH };

/** Made for one message. */
interface Prepared<Made> {
  readonly nonce: Uint8Array;
  readonly made: Made;
}

/** A cipher of OpenSSL's. Its algorithm for ChaCha20-Poly1305 is called in the same way as one for GCM. */
class OpenSslCipher implements RecordCipher {
  readonly #algorithm: CipherGCMTypes;
  readonly #key: KeyObject;
  #sealing: Prepared<CipherGCM> | null = null;
  #opening: Prepared<DecipherGCM> | null = null;

  constructor(algorithm: string, key: Uint8Array) {
    this.#algorithm = algorithm as CipherGCMTypes;
    this.#key = createSecretKey(key);
  }

  seal(nonce: Uint8Array, header: Uint8Array, plain: Uint8Array): Uint8Array[] {
    const cipher = made(this.#sealing, nonce) ?? this.#sealer(nonce);
    this.#sealing = null;
    cipher.setAAD(header);
    const encrypted = cipher.update(plain);
    cipher.final();
    return [encrypted, cipher.getAuthTag()];
  }

  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_LENGTH;
    if (length < 0) return null;
    const decipher = made(this.#opening, nonce) ?? this.#opener(nonce);
    this.#opening = null;
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

  prepareSeal(nonce: Uint8Array): void {
    this.#sealing = { nonce: Uint8Array.from(nonce), made: this.#sealer(nonce) };
  }

  prepareOpen(nonce: Uint8Array): void {
    if (!made(this.#opening, nonce)) this.#opening = { nonce: Uint8Array.from(nonce), made: this.#opener(nonce) };
  }

  #sealer(nonce: Uint8Array): CipherGCM {
    return createCipheriv(this.#algorithm, this.#key, nonce, OPTIONS);
  }

  #opener(nonce: Uint8Array): DecipherGCM {
    return createDecipheriv(this.#algorithm, this.#key, nonce, OPTIONS);
  }
}

function made<Made>(prepared: Prepared<Made> | null, nonce: Uint8Array): Made | null {
  return prepared?.nonce.every((byte, index) => byte === nonce[index]) ? prepared.made : null;
}

export const AES_CIPHER: AvailableCipher = {
  ...AES_256_GCM,
  create: key => new OpenSslCipher('aes-256-gcm', key),
};

/** Ciphers for records, the best first. */
export const RECORD_CIPHERS: readonly AvailableCipher[] = [
  AES_CIPHER,
  { ...CHACHA20_POLY1305, create: key => new OpenSslCipher('chacha20-poly1305', key) },
];
