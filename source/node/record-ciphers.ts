import { type CipherGCMTypes, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import {
  AES_256_GCM,
  type AvailableCipher,
  CHACHA20_POLY1305,
  type RecordCipher,
  TAG_LENGTH,
} from '../core/record-cipher.js';
import { type CipherContext, cipherContext } from '../native/openssl.js';

const OPTIONS = { authTagLength: TAG_LENGTH };
/** The longest plain text for which memory is kept. */
const KEPT_BYTES = 65_536;

/** Room for what a cipher opens, until it opens more. */
export class PlainRoom {
  #kept = new Uint8Array(0);

  take(length: number): Uint8Array {
    if (length > KEPT_BYTES) return new Uint8Array(length);
    if (this.#kept.length < length) this.#kept = new Uint8Array(length);
    return this.#kept.subarray(0, length);
  }
}

/** A cipher of OpenSSL's, called directly. */
class DirectCipher implements RecordCipher {
  readonly #sealing: CipherContext;
  readonly #opening: CipherContext;
  readonly #opened = new PlainRoom();

  constructor(sealing: CipherContext, opening: CipherContext) {
    this.#sealing = sealing;
    this.#opening = opening;
  }

  seal(nonce: Uint8Array, header: Uint8Array, message: Uint8Array): void {
    const length = message.length - TAG_LENGTH;
    const text = message.subarray(0, length);
    this.#sealing.begin(nonce, header);
    this.#sealing.update(text, text);
    this.#sealing.getTag(message.subarray(length));
  }

  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_LENGTH;
    if (length < 0) return null;
    const plain = this.#opened.take(length);
    this.#opening.begin(nonce, header);
    this.#opening.update(sealed.subarray(0, length), plain);
    return this.#opening.hasTag(sealed.subarray(length)) ? plain : null;
  }
}

/** The same as Node offers it, where it cannot be called directly. */
class NodeCipher implements RecordCipher {
  readonly #algorithm: CipherGCMTypes;
  readonly #key: KeyObject;

  constructor(algorithm: CipherGCMTypes, key: Uint8Array) {
    this.#algorithm = algorithm;
    this.#key = createSecretKey(key);
  }

  seal(nonce: Uint8Array, header: Uint8Array, message: Uint8Array): void {
    const length = message.length - TAG_LENGTH;
    const cipher = createCipheriv(this.#algorithm, this.#key, nonce, OPTIONS);
    cipher.setAAD(header);
    message.set(cipher.update(message.subarray(0, length)));
    cipher.final();
    message.set(cipher.getAuthTag(), length);
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

/** @param name OpenSSL's: that for ChaCha20-Poly1305 is called in the same way as one for GCM */
function createCipher(name: string, key: Uint8Array): RecordCipher {
  const [sealing, opening] = [cipherContext(name, key, true), cipherContext(name, key, false)];
  return sealing && opening ? new DirectCipher(sealing, opening) : createNodeCipher(name, key);
}

/** As `RECORD_CIPHERS`, through Node's own objects. */
export function createNodeCipher(name: string, key: Uint8Array): RecordCipher {
  return new NodeCipher(name as CipherGCMTypes, key);
}

export const AES_CIPHER: AvailableCipher = {
  ...AES_256_GCM,
  create: key => createCipher('aes-256-gcm', key),
};

/** Ciphers for records, the best first. */
export const RECORD_CIPHERS: readonly [aes: AvailableCipher, chaCha20: AvailableCipher] = [
  AES_CIPHER,
  { ...CHACHA20_POLY1305, create: key => createCipher('chacha20-poly1305', key) },
];
