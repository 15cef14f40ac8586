import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import { utf8 } from '../../core/text.js';

/**
 * A peer's text with a 32-bit length prefix. Only its beginning is kept and the rest is discarded as it arrives, so a
 * long text costs no memory.
 */
export class LongText {
  readonly #kept: number;
  readonly #most: number;
  #left: number | null = null;
  #text: string | null = null;

  /**
   * @param kept number of bytes to keep
   * @param most maximum length in bytes
   */
  constructor(kept: number, most: number) {
    this.#kept = kept;
    this.#most = most;
  }

  /**
   * Continues reading. Undefined: more bytes are needed. After a complete text the next one can be read. Must not be
   * used inside an `attempt`, which rewinds the reader.
   * @throws PeerglassError E_RFB_PROTOCOL
   */
  read(reader: ByteReader): string | undefined {
    const length = this.#left ?? reader.attempt(() => reader.u32());
    if (length === undefined) return undefined;
    if (length > this.#most) {
      throw new PeerglassError('E_RFB_PROTOCOL', `The sharer announced a name of ${length} bytes.`);
    }
    this.#left = length;
    if (this.#text === null) {
      const kept = Math.min(length, this.#kept);
      const text = reader.attempt(() => utf8(reader.bytes(kept)));
      if (text === undefined) return undefined;
      this.#text = text;
      this.#left = length - kept;
    }
    const there = Math.min(this.#left, reader.available);
    reader.skip(there);
    this.#left -= there;
    if (this.#left > 0) return undefined;
    const text = this.#text;
    this.#text = null;
    this.#left = null;
    return text;
  }
}
