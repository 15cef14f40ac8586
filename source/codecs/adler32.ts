const BASE = 65_521;
/** The most bytes whose sums stay below 2^32 before they must be reduced. */
const RUN = 5552;

/** The checksum at the end of a zlib stream (RFC 1950, section 8.2), as an unsigned number. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.length; start += RUN) {
    const end = Math.min(start + RUN, bytes.length);
    for (let at = start; at < end; at++) {
      low += bytes[at]!;
      high += low;
    }
    low %= BASE;
    high %= BASE;
  }
  return ((high << 16) | low) >>> 0;
}
