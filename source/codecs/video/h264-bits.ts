/** The data is not H.264 that a decoder may be given. The message goes on from "The sharer sent H.264 ". */
export class H264Fault extends Error {}

/** The data goes on from a picture that has not been decoded here. */
export class MissingKey extends H264Fault {}

/** Start of a NAL unit in a byte stream (ITU-T H.264, Annex B): 00 00 01. A fourth zero belongs to what is before it. */
const START_CODE_BYTES = 3;

/**
 * The NAL units of a byte stream, without start codes and the zeros between them.
 * @throws H264Fault
 */
export function* nalUnits(stream: Uint8Array): Generator<Uint8Array> {
  let start = startCode(stream, 0);
  for (let at = 0; at < (start ?? stream.length); at++) {
    if (stream[at] !== 0) throw new H264Fault('that begins without a start code');
  }
  while (start !== null) {
    const begin = start + START_CODE_BYTES;
    const next = startCode(stream, begin);
    let end = next ?? stream.length;
    // A NAL unit never ends with a zero (7.4.1).
    while (end > begin && stream[end - 1] === 0) end--;
    if (end === begin) throw new H264Fault('with an empty unit');
    yield stream.subarray(begin, end);
    start = next;
  }
}

/** The place of the next start code; null: there is none. */
function startCode(stream: Uint8Array, from: number): number | null {
  for (let at = stream.indexOf(1, from + 2); at >= 0; at = stream.indexOf(1, at + 1)) {
    if (stream[at - 1] === 0 && stream[at - 2] === 0) return at - 2;
  }
  return null;
}

/**
 * What a NAL unit carries (7.3.1): the bytes after its first, without those that keep start codes from appearing.
 * @param most how many bytes at most
 */
export function payloadOf(unit: Uint8Array, most: number): Uint8Array {
  const payload = new Uint8Array(Math.min(unit.length - 1, most));
  let length = 0;
  let zeros = 0;
  for (let at = 1; at < unit.length && length < most; at++) {
    const byte = unit[at]!;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    payload[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return payload.subarray(0, length);
}

/** Reads syntax elements (7.2, 9.1), most significant bit first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** u(1) @throws H264Fault at the end of the bytes, like all others */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** u(n), up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new H264Fault('that ends inside its parameters');
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** ue(v), at most `most`. */
  unsigned(most: number): number {
    let zeros = 0;
    while (!this.flag()) {
      if (++zeros > 32) throw new H264Fault('with a number that is too large');
    }
    const value = 2 ** zeros - 1 + this.bits(zeros);
    if (value > most) throw new H264Fault(`with ${value} in a place for ${most} at most`);
    return value;
  }

  /** se(v), of any size. */
  signed(): number {
    const code = this.unsigned(2 ** 32 - 2);
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
