import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AesEax } from '../node/aes-eax.js';
import { writeFirst } from '../node/first-file.js';
import { RsaKeyPair, type RsaPublicKey, rsaEncrypted } from '../node/rsa.js';
import { whyUnread, whyUnwritten } from '../node/whole-file.js';
import type { HashName, RsaAesPlatform } from '../protocols/rfb/security/rsa-aes-platform.js';

const NEW_KEY = 'Until it can, each start makes a new one, which viewers take for another computer.';

/** RSA-AES by Node's cryptography, with a key pair that is made once and kept in `rsa-key.pem` of a folder. */
export class NodeRsaAes implements RsaAesPlatform {
  readonly random = randomBytes;
  readonly soon = (callback: () => void): void => void setImmediate(callback);
  readonly #folder: string | null;
  readonly #warn: (text: string) => void;
  #keys: RsaKeyPair | null = null;
  #preparing: Promise<void> | null = null;

  /**
   * @param folder null: the keys are kept for as long as the program runs
   * @param warn called if the keys cannot be stored
   */
  constructor(folder: string | null, warn: (text: string) => void = () => {}) {
    this.#folder = folder;
    this.#warn = warn;
  }

  get keys(): RsaKeyPair | null {
    return this.#keys;
  }

  prepare(): Promise<void> {
    this.#preparing ??= this.#prepare();
    return this.#preparing;
  }

  hash(name: HashName, bytes: Uint8Array): Uint8Array {
    return createHash(name).update(bytes).digest();
  }

  encryptBlocks(key: Uint8Array, plain: Uint8Array): Uint8Array {
    return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(plain);
  }

  cipher(key: Uint8Array): AesEax {
    return new AesEax(key);
  }

  encrypt(key: RsaPublicKey, text: Uint8Array): Uint8Array {
    return rsaEncrypted(key, text);
  }

  async #prepare(): Promise<void> {
    try {
      this.#keys = this.#read();
    } catch (cause) {
      this.#warn(`The file of this computer's key (${this.#file}) cannot be read: ${whyUnread(cause)}. ${NEW_KEY}`);
    }
    if (this.#keys) return;
    const made = await RsaKeyPair.make();
    this.#keys = this.#keep(made);
  }

  get #file(): string | null {
    return this.#folder && path.join(this.#folder, 'rsa-key.pem');
  }

  /** @throws Error of the system, or of OpenSSL where it is damaged */
  #read(): RsaKeyPair | null {
    if (this.#file === null) return null;
    try {
      return new RsaKeyPair(readFileSync(this.#file, 'utf8'));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw cause;
    }
  }

  /** @returns the keys that are kept: those of another program where that was faster */
  #keep(made: RsaKeyPair): RsaKeyPair {
    const file = this.#file;
    if (file === null) return made;
    try {
      return writeFirst(file, made.pem) ? made : (this.#readAgain() ?? made);
    } catch (cause) {
      this.#warn(`This computer's key cannot be kept in ${file}: ${whyUnwritten(cause)}. ${NEW_KEY}`);
      return made;
    }
  }

  #readAgain(): RsaKeyPair | null {
    try {
      return this.#read();
    } catch {
      return null; // It was damaged before, and said so.
    }
  }
}
