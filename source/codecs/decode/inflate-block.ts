import type { ByteReader } from '../../core/byte-reader.js';
import type { PeerglassError } from '../../core/errors.js';
import { InflateFault, type InflateStream, type PreparedBlock } from './inflate.js';
import { maxCompressed, undecodable } from './rectangle-decoder.js';

/**
 * Inflates a rectangle's block. After a fault the connection ends, so a damaged stream is never reused.
 * @throws PeerglassError E_RFB_DECODE unless exactly `length` bytes come out
 */
export function inflateExactly(
  stream: InflateStream,
  compressed: Uint8Array,
  length: number,
  encoding: string,
): Uint8Array {
  const inflated = inflateAtMost(stream, compressed, length, encoding);
  if (inflated.length < length) throw tooFew(inflated.length, length, encoding);
  return inflated;
}

/**
 * Prepares a rectangle's block for the kernel inflateRectangle; null where the stream cannot.
 * @throws PeerglassError E_RFB_DECODE
 */
export function prepareExactly(
  stream: InflateStream,
  compressed: Uint8Array,
  length: number,
  encoding: string,
): PreparedBlock | null {
  return translated(encoding, () => stream.prepare?.(compressed, length) ?? null);
}

/** What `inflateExactly` says of a block that the kernel has inflated. @param answer the kernel's */
export function inflatedExactly(stream: InflateStream, answer: number, length: number, encoding: string): void {
  const inflated = translated(encoding, () => stream.inflated?.(answer, length) ?? 0);
  if (inflated < length) throw tooFew(inflated, length, encoding);
}

function tooFew(inflated: number, length: number, encoding: string): PeerglassError {
  return undecodable(encoding, `of ${inflated} inflated bytes instead of ${length}`);
}

/** @throws PeerglassError E_RFB_DECODE when more than `max` bytes come out */
export function inflateAtMost(
  stream: InflateStream,
  compressed: Uint8Array,
  max: number,
  encoding: string,
): Uint8Array {
  return translated(encoding, () => stream.inflate(compressed, max));
}

function translated<Result>(encoding: string, inflate: () => Result): Result {
  try {
    return inflate();
  } catch (thrown) {
    if (thrown instanceof InflateFault) throw undecodable(encoding, `that does not inflate: ${thrown.message}`);
    throw thrown;
  }
}

/** Compressed bytes per slice. At most 1032 times as many come out, which takes about 20 ms. */
const PIECE = 16 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Inflates a rectangle's block, which begins with a 32-bit length, piece by piece as it arrives. Neither the compressed
 * nor the inflated bytes are ever held whole, and other work has its turn between two pieces.
 */
export class BlockInflater {
  readonly #stream: InflateStream;
  readonly #encoding: string;
  /** Compressed bytes that remain; null before the block's length was read. */
  #left: number | null = null;
  /** Bytes that may still come out. */
  #room = 0;

  constructor(stream: InflateStream, encoding: string) {
    this.#stream = stream;
    this.#encoding = encoding;
  }

  /**
   * The inflated bytes of the next piece: a view as InflateStream returns it. Undefined: more bytes are needed.
   * @param max maximum inflated length of the whole block
   * @throws PeerglassError E_RFB_DECODE
   */
  next(reader: ByteReader, max: number): Uint8Array | undefined {
    if (this.#left === null) {
      const length = reader.attempt(() => reader.u32());
      if (length === undefined) return undefined;
      if (length > maxCompressed(max)) {
        throw undecodable(this.#encoding, `of ${length} compressed bytes, more than its pixels can need`);
      }
      this.#left = length;
      this.#room = max;
    }
    const length = Math.min(this.#left, PIECE);
    if (reader.available < length) return undefined;
    if (length === 0) return NOTHING;
    const inflated = inflateAtMost(this.#stream, reader.bytes(length), this.#room, this.#encoding);
    this.#left -= length;
    this.#room -= inflated.length;
    return inflated;
  }

  free(): void {
    this.#stream.free();
  }

  /** Whether the block is complete. If so, the next call of `next` begins another one. */
  end(): boolean {
    if (this.#left !== 0) return false;
    this.#left = null;
    return true;
  }
}
