import type { ByteReader } from './byte-reader.js';
import { writeU16, writeU32 } from './bytes.js';
import { PeerglassError } from './errors.js';
import { CIPHER_NONCE_LENGTH, type RecordCipher, TAG_LENGTH } from './record-cipher.js';
import type { RecordOpener, RecordSealer } from './sealed-records.js';

const HEADER = 2;
/**
 * The most bytes that a record carries. Each one costs some microseconds whatever its length, and nothing of it can be used
 * before all of it has come.
 */
export const LONGEST_RECORD = 32_768;

/** The nonce of the next record: how many came before it, with that key. */
class Counter {
  readonly bytes = new Uint8Array(CIPHER_NONCE_LENGTH);
  #low = 0;
  #high = 0;

  next(): void {
    this.#low = (this.#low + 1) >>> 0;
    if (this.#low === 0) this.#high++;
    writeU32(this.bytes, CIPHER_NONCE_LENGTH - 8, this.#high);
    writeU32(this.bytes, CIPHER_NONCE_LENGTH - 4, this.#low);
  }
}

/**
 * The records of one direction: the length of what a record carries in 16 bits, big-endian, which the tag covers; the cipher
 * text; the tag. The nonce is a counter, so that a record that is missing, repeated or out of order does not open.
 */
export class CountedSealer implements RecordSealer {
  readonly longest = LONGEST_RECORD;
  readonly #cipher: RecordCipher;
  readonly #counter = new Counter();

  constructor(cipher: RecordCipher) {
    this.#cipher = cipher;
  }

  seal(plain: Uint8Array): Uint8Array[] {
    const header = new Uint8Array(HEADER);
    writeU16(header, 0, plain.length);
    const record = [header, ...this.#cipher.seal(this.#counter.bytes, header, plain)];
    this.#counter.next();
    return record;
  }
}

export class CountedOpener implements RecordOpener {
  readonly #cipher: RecordCipher;
  readonly #counter = new Counter();

  constructor(cipher: RecordCipher) {
    this.#cipher = cipher;
  }

  missing(reader: ByteReader): number {
    const { available } = reader;
    const whole = available < HEADER ? HEADER : HEADER + reader.peekU16() + TAG_LENGTH;
    return Math.max(whole - available, 0);
  }

  /** @throws PeerglassError E_RFB_PROTOCOL */
  open(reader: ByteReader): Uint8Array | undefined {
    if (reader.available < HEADER) return undefined;
    const length = reader.peekU16();
    if (length === 0 || length > LONGEST_RECORD) {
      throw new PeerglassError('E_RFB_PROTOCOL', `The other end sent a record of ${length} bytes.`);
    }
    if (reader.available < HEADER + length + TAG_LENGTH) return undefined;
    const header = reader.bytes(HEADER);
    const plain = this.#cipher.open(this.#counter.bytes, header, reader.bytes(length + TAG_LENGTH));
    if (!plain) {
      throw new PeerglassError('E_RFB_PROTOCOL', 'A record was changed on its way, or sealed with another key.');
    }
    this.#counter.next();
    return plain;
  }
}
