import type { NonceCounter, RecordFormat } from '../../../core/counted-records.js';

/** A length has 16 bits, so more can come; no program that is known sends more. */
const LONGEST = 8192;

/** The number of a message, little-endian (rfbproto.rst, "RSA-AES Security Type"). */
class MessageNumber implements NonceCounter {
  readonly bytes = new Uint8Array(16);

  next(): void {
    for (let index = 0; index < this.bytes.length; index++) {
      this.bytes[index]! += 1;
      if (this.bytes[index] !== 0) return;
    }
  }
}

/** The messages of RSA-AES. */
export const RSA_AES_RECORDS: RecordFormat = {
  count: () => new MessageNumber(),
  longest: LONGEST,
  accepted: [0, 0xffff],
};
