import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PeerglassError } from '../core/errors.js';
import { type AvailableCipher, cipherByLength } from '../core/record-cipher.js';
import { writeFirst } from '../node/first-file.js';
import { createPixelMemory } from '../node/load-kernels.js';
import { RECORD_CIPHERS } from '../node/record-ciphers.js';
import { whyUnread, whyUnwritten } from '../node/whole-file.js';
import { kernelChaCha20 } from '../pixels/kernel-chacha20.js';
import { hasVectors } from '../pixels/vectors.js';
import type { CPacePlatform, IdentityKey } from '../protocols/rfb/security/cpace-platform.js';

const FILE = 'identity-key.pem';

/** A key pair of Ed25519, of OpenSSL's. */
class NodeIdentityKey implements IdentityKey {
  readonly publicKey: Uint8Array;
  readonly #private: KeyObject;

  /** @throws Error where it is a key of another kind */
  constructor(key: KeyObject) {
    const { crv, x } = createPublicKey(key).export({ format: 'jwk' });
    if (crv !== 'Ed25519' || !x) throw new TypeError('it is no key of Ed25519');
    this.publicKey = Uint8Array.from(Buffer.from(x, 'base64url'));
    this.#private = key;
  }

  sign(message: Uint8Array): Uint8Array {
    return sign(null, message, this.#private);
  }

  get pem(): string {
    return this.#private.export({ type: 'pkcs8', format: 'pem' }).toString();
  }
}

let ciphers: readonly AvailableCipher[] | null = null;

/** Those of this thread. */
function recordCiphers(): readonly AvailableCipher[] {
  const [aes, chaCha20] = RECORD_CIPHERS;
  ciphers ??= [cipherByLength(aes, hasVectors() ? kernelChaCha20(createPixelMemory()) : chaCha20), ...RECORD_CIPHERS];
  return ciphers;
}

/** CPace by Node's cryptography, with a key that is made once and kept in `identity-key.pem` of a folder. */
export class NodeCPace implements CPacePlatform {
  readonly ciphers = recordCiphers();
  readonly random = randomBytes;
  readonly soon = (callback: () => void): void => void setImmediate(callback);
  readonly #file: string | null;
  readonly #warn: (text: string) => void;
  #identity: NodeIdentityKey | null = null;

  /**
   * @param folder null: the key is kept for as long as the program runs
   * @param warn told when the key cannot be kept
   */
  constructor(folder: string | null, warn: (text: string) => void = () => {}) {
    this.#file = folder && path.join(folder, FILE);
    this.#warn = warn;
  }

  /**
   * @throws PeerglassError E_IDENTITY where there is a key that cannot be used: a new one would pass for another
   * computer
   */
  get identity(): NodeIdentityKey {
    this.#identity ??= this.#read() ?? this.#make();
    return this.#identity;
  }

  #read(): NodeIdentityKey | null {
    const file = this.#file;
    if (file === null) return null;
    try {
      return new NodeIdentityKey(createPrivateKey(readFileSync(file, 'utf8')));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      const why = (cause as NodeJS.ErrnoException).syscall ? whyUnread(cause) : 'it is no private key of Ed25519';
      const remedy = 'Move it away to have a new one made; peers that know the old one must forget it.';
      throw new PeerglassError('E_IDENTITY', `This computer's key (${file}) cannot be used: ${why}.`, remedy, {
        cause,
      });
    }
  }

  #make(): NodeIdentityKey {
    const made = new NodeIdentityKey(generateKeyPairSync('ed25519').privateKey);
    const file = this.#file;
    if (file === null) return made;
    try {
      return writeFirst(file, made.pem) ? made : (this.#read() ?? made);
    } catch (cause) {
      if (cause instanceof PeerglassError) throw cause;
      const next = 'Until it can, each start makes a new one, which the other ends take for another computer';
      this.#warn(`This computer's key cannot be kept in ${file}: ${whyUnwritten(cause)}. ${next}`);
      return made;
    }
  }
}
