import { type Cipher, createCipheriv, timingSafeEqual } from 'node:crypto';
import { type RecordCipher, TAG_LENGTH } from '../core/record-cipher.js';
import { type CipherContext, cipherContext } from '../native/openssl.js';
import { PlainRoom } from './record-ciphers.js';

const BLOCK = 16;
const ZERO = new Uint8Array(BLOCK);
/** What each of the three MACs of EAX is begun with. */
const NONCE = 0;
const HEADER = 1;
const MESSAGE = 2;

/** AES with a key, in the modes that EAX is made of. */
interface Aes {
  /** Encrypts each block by itself. */
  encrypt(blocks: Uint8Array): Uint8Array;
  /** CTR. @param to as many bytes, also those of `from` */
  count(counter: Uint8Array, from: Uint8Array, to: Uint8Array): void;
  /**
   * CBC.
   * @param begun the encrypted block before them
   * @param blocks all whole blocks but the last one
   * @returns the last block encrypted, until the next call
   */
  chain(begun: Uint8Array, blocks: Uint8Array, last: Uint8Array): Uint8Array;
}

/**
 * AES in EAX mode (Bellare, Rogaway, Wagner: "The EAX Mode of Operation", 2004), which OpenSSL lacks: CTR for secrecy,
 * and CMAC over nonce, header and cipher text. Nonce and header are one block each.
 */
export class AesEax implements RecordCipher {
  readonly #aes: Aes;
  /** The CMAC's subkeys, for a last block that is whole and for one that is padded. */
  readonly #whole: Uint8Array;
  readonly #padded: Uint8Array;
  /** Of each MAC, the CBC block after the one that it is begun with. */
  readonly #begun: readonly Uint8Array[];
  readonly #heads = new Uint8Array(2 * BLOCK);
  readonly #last = new Uint8Array(BLOCK);
  readonly #tag = new Uint8Array(BLOCK);
  readonly #opened = new PlainRoom();

  /** @param key 16 or 32 bytes @param aes left out: the fastest there is */
  constructor(key: Uint8Array, aes: Aes = DirectAes.create(key) ?? new NodeAes(key)) {
    this.#aes = aes;
    this.#whole = doubled(aes.encrypt(ZERO));
    this.#padded = doubled(this.#whole);
    this.#begun = [NONCE, HEADER, MESSAGE].map(kind => Uint8Array.from(aes.encrypt(beginning(kind))));
  }

  /**
   * @param nonce 16 bytes, never the same twice with a key
   * @param header 1 to 15 bytes, which go in clear; the tag covers them
   * @param message the plain text, and TAG_LENGTH bytes behind it; afterwards the cipher text and the tag
   */
  seal(nonce: Uint8Array, header: Uint8Array, message: Uint8Array): void {
    const heads = this.#headMacs(nonce, header);
    const text = message.subarray(0, message.length - TAG_LENGTH);
    this.#aes.count(heads.subarray(0, BLOCK), text, text);
    message.set(this.#tagOf(heads, text), text.length);
  }

  /** @returns the plain text, until the next call; null if it was not sealed with this key, nonce and header */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    if (sealed.length < TAG_LENGTH) return null;
    const encrypted = sealed.subarray(0, sealed.length - TAG_LENGTH);
    const heads = this.#headMacs(nonce, header);
    if (!timingSafeEqual(this.#tagOf(heads, encrypted), sealed.subarray(encrypted.length))) return null;
    const plain = this.#opened.take(encrypted.length);
    this.#aes.count(heads.subarray(0, BLOCK), encrypted, plain);
    return plain;
  }

  #tagOf(heads: Uint8Array, encrypted: Uint8Array): Uint8Array {
    const tag = this.#tag;
    tag.set(this.#messageMac(encrypted));
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
    return this.#aes.encrypt(heads);
  }

  #messageMac(message: Uint8Array): Uint8Array {
    const { length } = message;
    if (length === 0) {
      const only = beginning(MESSAGE);
      mix(only, 0, this.#whole);
      return this.#aes.encrypt(only);
    }
    const before = Math.floor((length - 1) / BLOCK) * BLOCK;
    const last = this.#last.fill(0);
    last.set(message.subarray(before));
    if (length - before < BLOCK) last[length - before] = 0x80;
    mix(last, 0, length - before < BLOCK ? this.#padded : this.#whole);
    return this.#aes.chain(this.#begun[MESSAGE]!, message.subarray(0, before), last);
  }
}

/** By OpenSSL's functions, called directly. */
class DirectAes implements Aes {
  readonly #ecb: CipherContext;
  readonly #ctr: CipherContext;
  readonly #cbc: CipherContext;
  readonly #block = new Uint8Array(BLOCK);
  /** Where CBC leaves the blocks that nobody needs. */
  #scratch = new Uint8Array(0);

  private constructor(ecb: CipherContext, ctr: CipherContext, cbc: CipherContext) {
    this.#ecb = ecb;
    this.#ctr = ctr;
    this.#cbc = cbc;
  }

  /** Null where they cannot be called. */
  static create(key: Uint8Array): DirectAes | null {
    const mode = (name: string) => cipherContext(`aes-${key.length * 8}-${name}`, key, true);
    const [ecb, ctr, cbc] = [mode('ecb'), mode('ctr'), mode('cbc')];
    return ecb && ctr && cbc && new DirectAes(ecb, ctr, cbc);
  }

  encrypt(blocks: Uint8Array): Uint8Array {
    const encrypted = new Uint8Array(blocks.length);
    this.#ecb.update(blocks, encrypted);
    return encrypted;
  }

  count(counter: Uint8Array, from: Uint8Array, to: Uint8Array): void {
    this.#ctr.begin(counter);
    this.#ctr.update(from, to);
  }

  chain(begun: Uint8Array, blocks: Uint8Array, last: Uint8Array): Uint8Array {
    this.#cbc.begin(begun);
    if (this.#scratch.length < blocks.length) this.#scratch = new Uint8Array(blocks.length);
    if (blocks.length > 0) this.#cbc.update(blocks, this.#scratch);
    this.#cbc.update(last, this.#block);
    return this.#block;
  }
}

/**
 * By Node's own objects. One CBC stream stays open: its last block is XORed into the first one of the next message, which
 * undoes the chaining.
 */
export class NodeAes implements Aes {
  readonly #key: Uint8Array;
  readonly #mode: (name: string) => string;
  readonly #ecb: Cipher;
  readonly #cbc: Cipher;
  /** The last block that the CBC stream has given. */
  #chain = ZERO;
  #scratch = new Uint8Array(0);

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key);
    this.#mode = name => `aes-${key.length * 8}-${name}`;
    this.#ecb = createCipheriv(this.#mode('ecb'), key, null).setAutoPadding(false);
    this.#cbc = createCipheriv(this.#mode('cbc'), key, ZERO).setAutoPadding(false);
  }

  encrypt(blocks: Uint8Array): Uint8Array {
    return this.#ecb.update(blocks);
  }

  count(counter: Uint8Array, from: Uint8Array, to: Uint8Array): void {
    to.set(createCipheriv(this.#mode('ctr'), this.#key, counter).update(from));
  }

  chain(begun: Uint8Array, blocks: Uint8Array, last: Uint8Array): Uint8Array {
    const size = blocks.length + BLOCK;
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
    const all = this.#scratch.subarray(0, size);
    all.set(blocks);
    all.set(last, blocks.length);
    mix(all, 0, begun);
    mix(all, 0, this.#chain);
    this.#chain = Uint8Array.from(this.#cbc.update(all).subarray(blocks.length));
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
