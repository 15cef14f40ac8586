import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';

/** The size of new key pairs, in bits. */
const BITS = 2048;
/** 0, 2, at least eight bytes that are not 0, 0, and the text (RFC 8017, 7.2.1). */
const LEAST_PADDING = 11;

/** A public key: both numbers unsigned and big-endian, with or without zeros in front. */
export interface RsaPublicKey {
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
}

/** Encrypts with another's key, by PKCS#1 v1.5. @throws Error of OpenSSL where the key makes no sense */
export function rsaEncrypted({ modulus, exponent }: RsaPublicKey, plain: Uint8Array): Uint8Array {
  const jwk = { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, plain);
}

/** A key pair of RSA. */
export class RsaKeyPair implements RsaPublicKey {
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  readonly #private: KeyObject;

  /** @throws Error of OpenSSL where that is no private key of RSA */
  constructor(pem: string) {
    this.#private = createPrivateKey(pem);
    const { n, e } = createPublicKey(this.#private).export({ format: 'jwk' });
    if (!n || !e) throw new TypeError('that is no key of RSA');
    this.modulus = Buffer.from(n, 'base64url');
    this.exponent = Buffer.from(e, 'base64url');
  }

  /** Makes one, in another thread: a computer may need seconds for it. */
  static async make(): Promise<RsaKeyPair> {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: BITS });
    return new RsaKeyPair(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }

  /** The private key, to be kept. */
  get pem(): string {
    return this.#private.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /**
   * Decrypts PKCS#1 v1.5. For a malformed cipher text it returns random bytes of the first length, so that nobody
   * learns which ones are well-formed (Bleichenbacher's attack, 1998).
   * @param lengths of the texts that are expected
   */
  decrypt(encrypted: Uint8Array, lengths: readonly [number, ...number[]]): Uint8Array {
    const instead = randomBytes(lengths[0]);
    let block: Uint8Array;
    try {
      block = privateDecrypt({ key: this.#private, padding: constants.RSA_NO_PADDING }, encrypted);
    } catch {
      return instead; // Not a number below the modulus, which everybody could have known before.
    }
    return lengths.reduce<Uint8Array>((text, length) => {
      const found = block.subarray(Math.max(block.length - length, 0));
      return isPadded(block, length) ? found : text;
    }, instead);
  }
}

/** Whether the block ends with a text of that length. It takes as long wherever it is wrong. */
function isPadded(block: Uint8Array, length: number): boolean {
  const separator = block.length - length - 1;
  if (separator < LEAST_PADDING - 1) return false;
  let wrong = block[0]! | (block[1]! ^ 2) | block[separator]!;
  // A byte minus one is negative for 0 alone.
  for (let at = 2; at < separator; at++) wrong |= (block[at]! - 1) >>> 31;
  return wrong === 0;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
