import { writeU32 } from '../../core/bytes.js';

const BASE = 65_521;
/** An empty final block with fixed codes: ends a deflate stream whose blocks all end in a flush. */
const FINAL_BLOCK = Uint8Array.of(0x03, 0x00);
const WINDOW_32K = 0x78;
/** Bytes that `spliceZlib` adds to the parts: header, final block, checksum. */
export const SPLICE_BYTES = 8;

/**
 * A separately compressed part of a picture: a raw deflate stream that ends with a sync flush instead of a final block.
 */
export interface DeflatedPart {
  readonly deflated: Uint8Array;
  /** Adler-32 of the uncompressed bytes, and their number. */
  readonly adler32: number;
  readonly length: number;
}

/** The Adler-32 of two concatenated byte sequences, from their checksums and the second one's length. */
export function combineAdler32(first: number, second: number, secondLength: number): number {
  const low = ((first & 0xffff) + (second & 0xffff) - 1 + BASE) % BASE;
  // Every byte of the second sequence adds the value of `low` before it, less the initial 1.
  const carried = (((first & 0xffff) + BASE - 1) % BASE) * (secondLength % BASE);
  const high = ((first >>> 16) + (second >>> 16) + (carried % BASE)) % BASE;
  return ((high << 16) | low) >>> 0;
}

/** The header of a zlib stream (RFC 1950, section 2.2): the method, and the level class with its check bits. */
export function zlibHeader(level: number): Uint8Array {
  const levelClass = level < 2 ? 0 : level < 6 ? 1 : level === 6 ? 2 : 3;
  const flags = levelClass << 6;
  return Uint8Array.of(WINDOW_32K, flags + 31 - ((WINDOW_32K * 256 + flags) % 31));
}

/**
 * One plain zlib stream of the concatenated parts, in pieces. A reader cannot tell it from a stream compressed in one
 * go: a sync flush ends on a byte boundary, and no part refers to bytes before itself.
 */
export function spliceZlib(parts: readonly DeflatedPart[], level: number): Uint8Array[] {
  const checksum = new Uint8Array(4);
  writeU32(
    checksum,
    0,
    parts.reduce((sum, part) => combineAdler32(sum, part.adler32, part.length), 1),
  );
  return [zlibHeader(level), ...parts.map(part => part.deflated), FINAL_BLOCK, checksum];
}
