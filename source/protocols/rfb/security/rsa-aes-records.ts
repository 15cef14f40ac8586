import type { ByteReader } from '../../../core/byte-reader.js';
import { writeU16 } from '../../../core/bytes.js';
import { PeerglassError } from '../../../core/errors.js';
import { type RecordCipher, TAG_LENGTH } from '../../../core/record-cipher.js';
import type { RecordOpener, RecordSealer } from '../../../core/sealed-records.js';

const HEADER = 2;
/** A length has 16 bits, so more can come; no program that is known sends more. */
const LONGEST = 8192;

/** The number of a message, little-endian, is its nonce (rfbproto.rst, "RSA-AES Security Type"). */
class MessageNumber {
  readonly bytes = new Uint8Array(16);

  next(): void {
    for (let index = 0; index < this.bytes.length; index++) {
      this.bytes[index]! += 1;
      if (this.bytes[index] !== 0) return;
    }
  }
}

/** The records of RSA-AES: a length, which is the associated data, the cipher text, and its tag. */
export class RsaAesSealer implements RecordSealer {
  readonly longest = LONGEST;
  readonly #cipher: RecordCipher;
  readonly #number = new MessageNumber();

  constructor(cipher: RecordCipher) {
    this.#cipher = cipher;
  }

  seal(plain: Uint8Array): Uint8Array[] {
    const header = new Uint8Array(HEADER);
    writeU16(header, 0, plain.length);
    const record = [header, ...this.#cipher.seal(this.#number.bytes, header, plain)];
    this.#number.next();
    return record;
  }
}

export class RsaAesOpener implements RecordOpener {
  readonly #cipher: RecordCipher;
  readonly #number = new MessageNumber();

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
    if (reader.available < HEADER + TAG_LENGTH) return undefined;
    const length = reader.peekU16();
    if (reader.available < HEADER + length + TAG_LENGTH) return undefined;
    const header = reader.bytes(HEADER);
    const plain = this.#cipher.open(this.#number.bytes, header, reader.bytes(length + TAG_LENGTH));
    if (!plain) {
      throw new PeerglassError('E_RFB_PROTOCOL', 'A message was changed on its way, or sealed with another key.');
    }
    this.#number.next();
    return plain;
  }
}
