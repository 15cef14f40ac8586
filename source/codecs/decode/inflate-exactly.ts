import { InflateFault, type InflateStream } from './inflate.js';
import { undecodable } from './rectangle-decoder.js';

/**
 * Inflates a rectangle's block. After a fault the connection ends, so a damaged stream is never used again.
 * @throws PeerglassError E_RFB_DECODE unless exactly `length` bytes come out
 */
export function inflateExactly(
  stream: InflateStream,
  compressed: Uint8Array,
  length: number,
  encoding: string,
): Uint8Array {
  const inflated = inflateAtMost(stream, compressed, length, encoding);
  if (inflated.length < length)
    throw undecodable(encoding, `with ${inflated.length} bytes in it where ${length} belong`);
  return inflated;
}

/** @throws PeerglassError E_RFB_DECODE when more than `most` bytes come out */
export function inflateAtMost(
  stream: InflateStream,
  compressed: Uint8Array,
  most: number,
  encoding: string,
): Uint8Array {
  try {
    return stream.inflate(compressed, most);
  } catch (thrown) {
    if (thrown instanceof InflateFault) throw undecodable(encoding, `that does not inflate: ${thrown.message}`);
    throw thrown;
  }
}
