import { type Cipher, createCipheriv, timingSafeEqual } from 'node:crypto';
import { type RecordCipher, TAG_LENGTH } from '../core/record-cipher.js';

const BLOCK = 16;
const ZERO = new Uint8Array(BLOCK);
/** What each of the three MACs of EAX is begun with. */
const NONCE = 0;
const HEADER = 1;
const MESSAGE = 2;

/**
 * AES in EAX mode (Bellare, Rogaway, Wagner: "The EAX Mode of Operation", 2004), which OpenSSL lacks: CTR for secrecy,
 * and CMAC over nonce, header and cipher text. One CBC stream stays open and computes the CMACs of cipher texts: its last
 * block is XORed into the first one of the next message, which undoes the chaining. Nonce and header are one block each.
 */
export class AesEax implements RecordCipher {
  readonly #key: Uint8Array;
  readonly #ctr: string;
  readonly #ecb: Cipher;
  readonly #cbc: Cipher;
  /** The last block that the CBC stream has given. */
  #chain = ZERO;
  /** The CMAC's subkeys, for a last block that is whole and for one that is padded. */
  readonly #whole: Uint8Array;
  readonly #padded: Uint8Array;
  /** Of each MAC, the CBC block after the one that it is begun with. */
  readonly #begun: readonly Uint8Array[];
  readonly #heads = new Uint8Array(2 * BLOCK);
  #scratch = new Uint8Array(BLOCK);

  /** @param key 16 or 32 bytes */
  constructor(key: Uint8Array) {
    const bits = key.length * 8;
    this.#key = Uint8Array.from(key);
    this.#ctr = `aes-${bits}-ctr`;
    this.#cbc = createCipheriv(`aes-${bits}-cbc`, key, ZERO).setAutoPadding(false);
    this.#ecb = createCipheriv(`aes-${bits}-ecb`, key, null).setAutoPadding(false);
    this.#whole = doubled(this.#ecb.update(ZERO));
    this.#padded = doubled(this.#whole);
    this.#begun = [NONCE, HEADER, MESSAGE].map(kind => this.#ecb.update(beginning(kind)));
  }

  /**
   * @param nonce 16 bytes, never the same twice with a key
   * @param header 1 to 15 bytes, which go in clear; the tag covers them
   * @param message the plain text, and TAG_LENGTH bytes behind it; afterwards the cipher text and the tag
   */
  seal(nonce: Uint8Array, header: Uint8Array, message: Uint8Array): void {
    const heads = this.#headMacs(nonce, header);
    const text = message.subarray(0, message.length - TAG_LENGTH);
    const encrypted = createCipheriv(this.#ctr, this.#key, heads.subarray(0, BLOCK)).update(text);
    message.set(encrypted);
    message.set(this.#tag(heads, encrypted), encrypted.length);
  }

  /** @returns the plain text; null if it was not sealed with this key, nonce and header */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    if (sealed.length < TAG_LENGTH) return null;
    const encrypted = sealed.subarray(0, sealed.length - TAG_LENGTH);
    const heads = this.#headMacs(nonce, header);
    if (!timingSafeEqual(this.#tag(heads, encrypted), sealed.subarray(encrypted.length))) return null;
    return createCipheriv(this.#ctr, this.#key, heads.subarray(0, BLOCK)).update(encrypted);
  }

  #tag(heads: Uint8Array, encrypted: Uint8Array): Uint8Array {
    const tag = this.#messageMac(encrypted);
    mix(tag, 0, heads.subarray(0, BLOCK));
    mix(tag, 0, heads.subarray(BLOCK));
    return tag;
  }

  /** The MACs of nonce and header, one behind the other. */
  #headMacs(nonce: Uint8Array, header: Uint8Array): Uint8Array {
    const heads = this.#heads.fill(0);
    heads.set(nonce);
    heads.set(header, BLOCK);
    heads[BLOCK + header.length] = 0x80;
    mix(heads, 0, this.#whole);
    mix(heads, 0, this.#begun[NONCE]!);
    mix(heads, BLOCK, this.#padded);
    mix(heads, BLOCK, this.#begun[HEADER]!);
    return this.#ecb.update(heads);
  }

  /** @returns 16 bytes of its own */
  #messageMac(message: Uint8Array): Uint8Array {
    const { length } = message;
    if (length === 0) {
      const only = beginning(MESSAGE);
      mix(only, 0, this.#whole);
      return this.#ecb.update(only);
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
    mix(blocks, 0, this.#begun[MESSAGE]!);
    mix(blocks, 0, this.#chain);
    const output = this.#cbc.update(blocks);
    this.#chain = Uint8Array.from(output.subarray(size - BLOCK));
    return Uint8Array.from(this.#chain);
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
