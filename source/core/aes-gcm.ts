import { viewOf } from './bytes.js';
import { CIPHER_KEY_LENGTH, TAG_LENGTH } from './record-cipher.js';

// AES-256-GCM (FIPS 197, NIST SP 800-38D), where a platform has none: a page that came over plain http. It only opens.

const BLOCK = 16;
const ROUNDS = 14;
/** Words of the expanded key. */
const KEY_WORDS = 4 * (ROUNDS + 1);
const FIELD = 0x11b;
/** The reduction of GHASH's field, whose bits are in reverse order. */
const GHASH_FIELD = 0xe100_0000;

/** Twice a byte, in AES's field. */
function double(byte: number): number {
  return (byte << 1) ^ (byte & 0x80 ? FIELD : 0);
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The S-box, and for each byte what it contributes to a column: in one table, and turned in three more. */
function makeTables() {
  const box = new Uint8Array(256);
  const columns = Array.from({ length: 4 }, () => new Uint32Array(256));
  // Each number of the field but 0 is a power of 3; its inverse is the same power of a third.
  let power = 1;
  let inverse = 1;
  do {
    power ^= double(power);
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse &= 0xff;
    if (inverse & 0x80) inverse ^= 0x09;
    const wide = inverse | (inverse << 8);
    box[power] = (inverse ^ (wide >> 7) ^ (wide >> 6) ^ (wide >> 5) ^ (wide >> 4) ^ 0x63) & 0xff;
  } while (power !== 1);
  box[0] = 0x63;
  for (let byte = 0; byte < 256; byte++) {
    const value = box[byte]!;
    const column = (double(value) << 24) | (value << 16) | (value << 8) | (double(value) ^ value);
    for (let turn = 0; turn < 4; turn++) columns[turn]![byte] = rotated(column, 8 * turn);
  }
  return { box, columns };
}

const { box: BOX, columns: COLUMNS } = makeTables();
const [COLUMN_0, COLUMN_1, COLUMN_2, COLUMN_3] = COLUMNS as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** For each byte that a shift by eight bits pushes out of a number of GHASH's field: what it leaves in the first word. */
const REDUCTION = Uint32Array.from({ length: 256 }, (_, byte) => {
  const words = Uint32Array.of(0, 0, 0, byte);
  for (let bit = 0; bit < 8; bit++) shiftByOne(words);
  return words[0]!;
});

/** Multiplies a number of GHASH's field by x. */
function shiftByOne(words: Uint32Array): void {
  const out = words[3]! & 1;
  for (let at = 3; at > 0; at--) words[at] = (words[at]! >>> 1) | (words[at - 1]! << 31);
  words[0] = (words[0]! >>> 1) ^ (out ? GHASH_FIELD : 0);
}

function expandKey(key: Uint8Array): Uint32Array {
  const words = new Uint32Array(KEY_WORDS);
  const view = viewOf(key);
  const given = CIPHER_KEY_LENGTH / 4;
  for (let at = 0; at < given; at++) words[at] = view.getUint32(at * 4);
  let constant = 1;
  for (let at = given; at < KEY_WORDS; at++) {
    let word = words[at - 1]!;
    if (at % given === 0) {
      word = substituted(rotated(word, 24)) ^ (constant << 24);
      constant = double(constant);
    } else if (at % given === 4) word = substituted(word);
    words[at] = words[at - given]! ^ word;
  }
  return words;
}

function substituted(word: number): number {
  return (
    (BOX[word >>> 24]! << 24) |
    (BOX[(word >>> 16) & 0xff]! << 16) |
    (BOX[(word >>> 8) & 0xff]! << 8) |
    BOX[word & 0xff]!
  );
}

/** Opens what was sealed with AES-256-GCM. Its time depends on the key as little as that of other programs with tables. */
export class AesGcmOpener {
  readonly #key: Uint32Array;
  readonly #block = new Uint32Array(4);
  /** For each byte its product with the key of the hash, four words each. */
  readonly #products = new Uint32Array(256 * 4);
  readonly #hash = new Uint32Array(4);

  /** @param key CIPHER_KEY_LENGTH bytes */
  constructor(key: Uint8Array) {
    this.#key = expandKey(key);
    this.#encrypt(0, 0, 0, 0);
    const products = this.#products;
    const power = Uint32Array.from(this.#block);
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      products.set(power, bit * 4);
      shiftByOne(power);
    }
    for (let byte = 1; byte < 256; byte++) {
      const highest = 1 << (31 - Math.clz32(byte));
      if (byte === highest) continue;
      for (let word = 0; word < 4; word++) {
        products[byte * 4 + word] = products[highest * 4 + word]! ^ products[(byte ^ highest) * 4 + word]!;
      }
    }
  }

  /**
   * @param nonce of 12 bytes
   * @param sealed cipher text, then the tag
   * @returns the plain text; null: not what was sealed with this key, nonce and header
   */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_LENGTH;
    if (length < 0) return null;
    const view = viewOf(nonce);
    const [a, b, c] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
    this.#hash.fill(0);
    this.#hashBytes(header);
    this.#hashBytes(sealed.subarray(0, length));
    this.#hashLengths(header.length, length);
    this.#encrypt(a, b, c, 1);
    const tag = viewOf(sealed.subarray(length));
    let difference = 0;
    for (let word = 0; word < 4; word++) {
      difference |= tag.getUint32(word * 4) ^ this.#hash[word]! ^ this.#block[word]!;
    }
    if (difference !== 0) return null;
    const plain = new Uint8Array(length);
    for (let at = 0, counter = 2; at < length; at += BLOCK, counter++) {
      this.#encrypt(a, b, c, counter);
      const end = Math.min(at + BLOCK, length);
      for (let byte = at; byte < end; byte++) {
        const within = byte - at;
        plain[byte] = sealed[byte]! ^ (this.#block[within >> 2]! >>> (24 - 8 * (within & 3)));
      }
    }
    return plain;
  }

  /** Encrypts one block, to `#block`. */
  #encrypt(a: number, b: number, c: number, d: number): void {
    const key = this.#key;
    let w0 = a ^ key[0]!;
    let w1 = b ^ key[1]!;
    let w2 = c ^ key[2]!;
    let w3 = d ^ key[3]!;
    let at = 4;
    for (; at < 4 * ROUNDS; at += 4) {
      const n0 = mixed(w0, w1, w2, w3) ^ key[at]!;
      const n1 = mixed(w1, w2, w3, w0) ^ key[at + 1]!;
      const n2 = mixed(w2, w3, w0, w1) ^ key[at + 2]!;
      const n3 = mixed(w3, w0, w1, w2) ^ key[at + 3]!;
      w0 = n0;
      w1 = n1;
      w2 = n2;
      w3 = n3;
    }
    const block = this.#block;
    block[0] = shifted(w0, w1, w2, w3) ^ key[at]!;
    block[1] = shifted(w1, w2, w3, w0) ^ key[at + 1]!;
    block[2] = shifted(w2, w3, w0, w1) ^ key[at + 2]!;
    block[3] = shifted(w3, w0, w1, w2) ^ key[at + 3]!;
  }

  /** Hashes bytes, filled up with zeros to whole blocks. */
  #hashBytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const end = Math.min(at + BLOCK, bytes.length);
      for (let byte = at; byte < end; byte++) {
        const within = byte - at;
        const word = within >> 2;
        this.#hash[word] = this.#hash[word]! ^ (bytes[byte]! << (24 - 8 * (within & 3)));
      }
      this.#multiply();
    }
  }

  /** @param header, data bytes, fewer than 2^29 of each */
  #hashLengths(header: number, data: number): void {
    this.#hash[1] = this.#hash[1]! ^ (header * 8);
    this.#hash[3] = this.#hash[3]! ^ (data * 8);
    this.#multiply();
  }

  /** Multiplies the hash by its key, a byte at a time from the last one. */
  #multiply(): void {
    const hash = this.#hash;
    const products = this.#products;
    let z0 = 0;
    let z1 = 0;
    let z2 = 0;
    let z3 = 0;
    for (let byte = BLOCK - 1; byte >= 0; byte--) {
      const out = z3 & 0xff;
      const product = ((hash[byte >> 2]! >>> (24 - 8 * (byte & 3))) & 0xff) * 4;
      z3 = ((z3 >>> 8) | (z2 << 24)) ^ products[product + 3]!;
      z2 = ((z2 >>> 8) | (z1 << 24)) ^ products[product + 2]!;
      z1 = ((z1 >>> 8) | (z0 << 24)) ^ products[product + 1]!;
      z0 = (z0 >>> 8) ^ REDUCTION[out]! ^ products[product]!;
    }
    hash[0] = z0;
    hash[1] = z1;
    hash[2] = z2;
    hash[3] = z3;
  }
}

/** A column of a round: SubBytes, ShiftRows and MixColumns. */
function mixed(a: number, b: number, c: number, d: number): number {
  return COLUMN_0[a >>> 24]! ^ COLUMN_1[(b >>> 16) & 0xff]! ^ COLUMN_2[(c >>> 8) & 0xff]! ^ COLUMN_3[d & 0xff]!;
}

/** A column of the last round: without MixColumns. */
function shifted(a: number, b: number, c: number, d: number): number {
  return (BOX[a >>> 24]! << 24) | (BOX[(b >>> 16) & 0xff]! << 16) | (BOX[(c >>> 8) & 0xff]! << 8) | BOX[d & 0xff]!;
}
