import type { ByteReader } from '../../source/core/byte-reader.js';
import { type RecordCipher, TAG_LENGTH } from '../../source/core/record-cipher.js';
import {
  type RecordOpener,
  type RecordSealer,
  SealedRecords as Records,
  sealed as seal,
} from '../../source/core/sealed-records.js';
import type { Transport } from '../../source/core/transport.js';

const MARK = 0x5a;
const HEADER = 3;

/** A toy cipher: each byte is XORed with its position, so that a second pass restores it. */
function changed(bytes: Uint8Array, position: number): Uint8Array {
  return bytes.map((byte, at) => byte ^ (((position + at) * 31 + 7) & 0xff));
}

export class ToySealer implements RecordSealer {
  readonly head = HEADER;
  readonly tail = 0;
  readonly longest: number;
  #position: number;

  constructor(longest = 0xffff, position = 0) {
    this.longest = longest;
    this.#position = position;
  }

  seal(record: Uint8Array): void {
    const length = record.length - HEADER;
    record.set([MARK, length >> 8, length & 0xff]);
    record.set(changed(record.subarray(HEADER), this.#position), HEADER);
    this.#position += length;
  }
}

export class ToyOpener implements RecordOpener {
  #position = 0;

  missing(reader: ByteReader): number {
    const { available } = reader;
    const whole = available < HEADER ? HEADER : HEADER + reader.peek(1) * 256 + reader.peek(2);
    return Math.max(whole - available, 0);
  }

  open(reader: ByteReader): Uint8Array | undefined {
    const record = reader.attempt(() => (reader.u8() === MARK ? reader.bytes(reader.u16()) : null));
    if (record === null) throw new Error('a record that is none');
    if (record === undefined) return undefined;
    this.#position += record.length;
    return changed(record, this.#position - record.length);
  }
}

/** These bytes as the first records of a stream. */
export function sealed(bytes: Uint8Array, position = 0): Buffer {
  return Buffer.from(seal(new ToySealer(0xffff, position), [bytes]).buffer);
}

/** A stream of records over another stream, with the toy cipher. */
export class SealedRecords extends Records {
  constructor(below: Transport, unread: Uint8Array) {
    super(below, unread, {
      sealer: new ToySealer(),
      opener: new ToyOpener(),
      soon: callback => void setImmediate(callback),
    });
  }
}

/** A message as a cipher seals it: cipher text and tag. */
export function sealedBy(
  cipher: RecordCipher,
  nonce: Uint8Array,
  header: Uint8Array,
  plain: Uint8Array,
): Buffer<ArrayBuffer> {
  const message = Buffer.concat([plain, Buffer.alloc(TAG_LENGTH)]);
  cipher.seal(nonce, header, message);
  return message;
}
