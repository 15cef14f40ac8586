const MODULUS = 65_521;

/** The Adler-32 of no bytes. */
export const ADLER32_START = 1;

/**
 * The Adler-32 of two runs of bytes put together, from each one's own (zlib's adler32_combine).
 * @param secondLength bytes in the second run
 */
export function combineAdler32(first: number, second: number, secondLength: number): number {
  const a1 = first & 0xffff;
  const b1 = first >>> 16;
  const a2 = second & 0xffff;
  const b2 = second >>> 16;
  // The first run's sum counts once in `a`, and once for every byte that follows in `b`; 1 was counted twice.
  const a = (a1 + a2 + MODULUS - 1) % MODULUS;
  const b = (b1 + b2 + (secondLength % MODULUS) * (a1 + MODULUS - 1)) % MODULUS;
  return ((b << 16) | a) >>> 0;
}
