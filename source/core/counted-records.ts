import type { ByteReader } from './byte-reader.js';
import { writeU16, writeU32 } from './bytes.js';
import { PeerglassError } from './errors.js';
import { CIPHER_NONCE_LENGTH, type RecordCipher, TAG_LENGTH } from './record-cipher.js';
import type { RecordOpener, RecordSealer } from './sealed-records.js';

/** Bytes of the length in front of a record. */
const HEAD = 2;

/** The nonce of the next record: how many came before it with that key. */
export interface NonceCounter {
  readonly bytes: Uint8Array;
  next(): void;
}

/** What differs between protocols with records of this kind. */
export interface RecordFormat {
  /** Begins to count the records of one direction. */
  count(): NonceCounter;
  /** The most bytes that a record sealed here carries. */
  readonly longest: number;
  /** The fewest and the most bytes that a record of the other end may carry. */
  readonly accepted: readonly [least: number, most: number];
}

/**
 * The most bytes that a record of CPace carries. Each one costs some microseconds whatever its length, and nothing of it
 * can be used before all of it has come.
 */
export const LONGEST_RECORD = 32_768;

class CPaceCounter implements NonceCounter {
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

export const CPACE_RECORDS: RecordFormat = {
  count: () => new CPaceCounter(),
  longest: LONGEST_RECORD,
  accepted: [1, LONGEST_RECORD],
};

/**
 * The records of one direction: the length of what a record carries in 16 bits, big-endian, which the tag covers; the cipher
 * text; the tag. The nonce is a counter, so that a record that is missing, repeated or out of order does not open.
 */
export class CountedSealer implements RecordSealer {
  readonly head = HEAD;
  readonly tail = TAG_LENGTH;
  readonly longest: number;
  readonly #cipher: RecordCipher;
  readonly #counter: NonceCounter;

  constructor(cipher: RecordCipher, { count, longest }: RecordFormat) {
    this.longest = longest;
    this.#cipher = cipher;
    this.#counter = count();
  }

  seal(record: Uint8Array): void {
    writeU16(record, 0, record.length - HEAD - TAG_LENGTH);
    this.#cipher.seal(this.#counter.bytes, record.subarray(0, HEAD), record.subarray(HEAD));
    this.#counter.next();
  }
}

export class CountedOpener implements RecordOpener {
  readonly #cipher: RecordCipher;
  readonly #counter: NonceCounter;
  readonly #accepted: RecordFormat['accepted'];

  constructor(cipher: RecordCipher, { count, accepted }: RecordFormat) {
    this.#cipher = cipher;
    this.#counter = count();
    this.#accepted = accepted;
  }

  missing(reader: ByteReader): number {
    const { available } = reader;
    const whole = available < HEAD ? HEAD : HEAD + reader.peekU16() + TAG_LENGTH;
    return Math.max(whole - available, 0);
  }

  /** @throws PeerglassError E_RFB_PROTOCOL */
  open(reader: ByteReader): Uint8Array | undefined {
    if (reader.available < HEAD) return undefined;
    const length = reader.peekU16();
    const [least, most] = this.#accepted;
    if (length < least || length > most) {
      throw new PeerglassError('E_RFB_PROTOCOL', `The other end sent a record of ${length} bytes.`);
    }
    if (this.missing(reader) > 0) return undefined;
    const header = reader.bytes(HEAD);
    const plain = this.#cipher.open(this.#counter.bytes, header, reader.bytes(length + TAG_LENGTH));
    if (!plain) {
      throw new PeerglassError('E_RFB_PROTOCOL', 'A record was changed on its way, or sealed with another key.');
    }
    this.#counter.next();
    return plain;
  }
}
