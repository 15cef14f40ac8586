import { type Cipher, createCipheriv, timingSafeEqual } from 'node:crypto';

const BLOCK = 16;
const ZERO = new Uint8Array(BLOCK);
/** What each of the three MACs of EAX is begun with. */
const NONCE = 0;
const HEADER = 1;
const MESSAGE = 2;

/** Bytes that a sealed message has more than its plain text. */
export const EAX_TAG_LENGTH = BLOCK;

/**
 * AES in EAX mode (Bellare, Rogaway, Wagner: "The EAX Mode of Operation", 2004), which OpenSSL lacks: CTR for secrecy,
 * and CMAC over nonce, header and cipher text. One CBC stream stays open and computes all CMACs: its last block is
 * XORed into the first one of the next message, which undoes the chaining.
 */
export class AesEax {
  readonly #key: Uint8Array;
  readonly #ctr: string;
  readonly #cbc: Cipher;
  /** The last block that the CBC stream has given. */
  #chain = ZERO;
  /** The CMAC's subkeys, for a last block that is whole and for one that is padded. */
  readonly #whole: Uint8Array;
  readonly #padded: Uint8Array;
  /** Of each MAC, the CBC block after the one that it is begun with. */
  readonly #begun: readonly Uint8Array[];
  #scratch = new Uint8Array(BLOCK);

  /** @param key 16 or 32 bytes */
  constructor(key: Uint8Array) {
    const bits = key.length * 8;
    this.#key = Uint8Array.from(key);
    this.#ctr = `aes-${bits}-ctr`;
    this.#cbc = createCipheriv(`aes-${bits}-cbc`, key, ZERO).setAutoPadding(false);
    this.#whole = doubled(this.#encrypted(ZERO));
    this.#padded = doubled(this.#whole);
    this.#begun = [NONCE, HEADER, MESSAGE].map(kind => this.#encrypted(beginning(kind)));
  }

  /**
   * @param nonce never the same twice with a key
   * @param header goes in clear; the tag covers it
   * @returns the cipher text, and the tag
   */
  seal(nonce: Uint8Array, header: Uint8Array, plain: Uint8Array): Uint8Array[] {
    const counter = this.#mac(NONCE, nonce);
    const encrypted = createCipheriv(this.#ctr, this.#key, counter).update(plain);
    return [encrypted, this.#tag(counter, header, encrypted)];
  }

  /** @returns the plain text; null if it was not sealed with this key, nonce and header */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    if (sealed.length < EAX_TAG_LENGTH) return null;
    const encrypted = sealed.subarray(0, sealed.length - EAX_TAG_LENGTH);
    const counter = this.#mac(NONCE, nonce);
    const tag = this.#tag(counter, header, encrypted);
    if (!timingSafeEqual(tag, sealed.subarray(encrypted.length))) return null;
    return createCipheriv(this.#ctr, this.#key, counter).update(encrypted);
  }

  #tag(counter: Uint8Array, header: Uint8Array, encrypted: Uint8Array): Uint8Array {
    const tag = Uint8Array.from(counter);
    mix(tag, 0, this.#mac(HEADER, header));
    mix(tag, 0, this.#mac(MESSAGE, encrypted));
    return tag;
  }

  /** @returns 16 bytes of its own */
  #mac(kind: number, message: Uint8Array): Uint8Array {
    const { length } = message;
    if (length === 0) {
      const only = beginning(kind);
      mix(only, 0, this.#whole);
      return this.#encrypted(only);
    }
    const size = Math.ceil(length / BLOCK) * BLOCK;
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
    const blocks = this.#scratch.subarray(0, size);
    blocks.set(message);
    if (length < size) {
      blocks[length] = 0x80;
      blocks.fill(0, length + 1);
    }
    mix(blocks, size - BLOCK, length < size ? this.#padded : this.#whole);
    mix(blocks, 0, this.#begun[kind]!);
    return this.#encrypted(blocks);
  }

  /** The last block of what these become as CBC that begins with them. Changes them. */
  #encrypted(blocks: Uint8Array): Uint8Array {
    const input = blocks === ZERO ? new Uint8Array(BLOCK) : blocks;
    mix(input, 0, this.#chain);
    const output = this.#cbc.update(input);
    this.#chain = Uint8Array.from(output.subarray(output.length - BLOCK));
    return this.#chain;
  }
}

/** The number of a MAC, as a block. */
function beginning(kind: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  block[BLOCK - 1] = kind;
  return block;
}

function mix(target: Uint8Array, at: number, block: Uint8Array): void {
  for (let index = 0; index < BLOCK; index++) target[at + index]! ^= block[index]!;
}

/** A block times two in the field of CMAC (RFC 4493, 2.3). */
function doubled(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(BLOCK);
  for (let index = 0; index < BLOCK; index++) {
    result[index] = (block[index]! << 1) | ((block[index + 1] ?? 0) >> 7);
  }
  if (block[0]! & 0x80) result[BLOCK - 1]! ^= 0x87;
  return result;
}
