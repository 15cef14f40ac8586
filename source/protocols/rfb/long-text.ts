import type { ByteReader } from '../../core/byte-reader.js';
import { PeerglassError } from '../../core/errors.js';
import { utf8 } from '../../core/text.js';

/**
 * A text of a peer that begins with its length in 32 bits: its beginning is kept, the rest is read past as it comes, so
 * that a long one costs no memory.
 */
export class LongText {
  readonly #kept: number;
  readonly #most: number;
  #left: number | null = null;
  #text: string | null = null;

  /**
   * @param kept bytes that are kept
   * @param most bytes that it may have
   */
  constructor(kept: number, most: number) {
    this.#kept = kept;
    this.#most = most;
  }

  /**
   * Reads on. Undefined: more bytes are needed. Once the text is there the next one can be read. Not for use inside of an
   * `attempt` that is undone.
   * @throws PeerglassError E_RFB_PROTOCOL
   */
  read(reader: ByteReader): string | undefined {
    const length = this.#left ?? reader.attempt(() => reader.u32());
    if (length === undefined) return undefined;
    if (length > this.#most) {
      throw new PeerglassError('E_RFB_PROTOCOL', `The sharer's name is said to have ${length} bytes.`);
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
