import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { joined } from './bytes.js';
import { fromLatin1 } from './text.js';

/**
 * CPace, a key exchange that is authenticated by a password, in the suite CPACE-RISTR255-SHA512 of
 * draft-irtf-cfrg-cpace-21, with initiator and responder. Who listens learns nothing with which guesses could be tried
 * later, and who takes part can try one password in each exchange.
 */

const DSI = fromLatin1('CPaceRistretto255');
const DSI_ISK = fromLatin1('CPaceRistretto255_ISK');
const MAC_KEY = fromLatin1('CPaceMac');
/** The input block of SHA-512, in bytes. */
const HASH_BLOCK = 128;
const GROUP_BITS = 252n;

/** Bytes of a public share, of a scalar before it is cut to its bits, and of a confirmation. */
export const CPACE_SHARE = 32;
export const CPACE_SCALAR = 32;
export const CPACE_TAG = 64;

/** What both ends must agree on. */
export interface CPaceInputs {
  /** The password: any bytes, or none. */
  readonly password: Uint8Array;
  /** What is known of the channel and of both ends before the exchange. */
  readonly channel: Uint8Array;
  /** An identifier that no other exchange has; both ends contribute to it. */
  readonly session: Uint8Array;
}

/** What one end has sent: its public share, and the data that the exchange authenticates beside it. */
export interface CPaceMessage {
  readonly share: Uint8Array;
  readonly data: Uint8Array;
}

/** The keys of an exchange. Only an end with the same inputs and messages has the same ones. */
export interface CPaceKeys {
  /** The intermediate session key, 64 bytes: other keys are derived from it. */
  readonly key: Uint8Array;
  /** What the initiator and the responder confirm the key with, 64 bytes each. */
  readonly initiatorTag: Uint8Array;
  readonly responderTag: Uint8Array;
}

/** Each piece behind its length, which is encoded as LEB128 ("lv_cat"). */
export function lengthValue(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined(pieces.flatMap(piece => [leb128(piece.length), piece]));
}

function leb128(length: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = length; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.of(...bytes, rest);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** What the generator is derived from. The password fills the first block of the hash, whatever its length. */
export function generatorString({ password, channel, session }: CPaceInputs): Uint8Array<ArrayBuffer> {
  const first = lengthValue(DSI, password).length;
  return lengthValue(DSI, password, new Uint8Array(Math.max(HASH_BLOCK - 1 - first, 0)), channel, session);
}

/** A scalar times the generator that belongs to the inputs. @returns the encoding of that element of the group */
export function publicShare(inputs: CPaceInputs, scalar: bigint): Uint8Array {
  return ristretto255_hasher.deriveToCurve!(sha512(generatorString(inputs)))
    .multiply(scalar)
    .toBytes();
}

/** A share times a scalar; null where the share is no element of the group, or the neutral one. */
export function multiplied(scalar: bigint, share: Uint8Array): Uint8Array | null {
  if (share.length !== CPACE_SHARE) return null;
  let element: InstanceType<typeof ristretto255.Point>;
  try {
    element = ristretto255.Point.fromBytes(share);
  } catch {
    return null;
  }
  return element.is0() ? null : element.multiply(scalar).toBytes();
}

/** A scalar of random bytes: their lowest 252 bits, little-endian. */
export function scalarOf(random: Uint8Array): bigint {
  return bytesToNumberLE(random) & ((1n << GROUP_BITS) - 1n);
}

/** One end's part in one exchange. */
export class CPace {
  /** The public share. */
  readonly share: Uint8Array;
  readonly #inputs: CPaceInputs;
  readonly #scalar: bigint;

  /** @param random CPACE_SCALAR bytes from the system, for this exchange alone */
  constructor(inputs: CPaceInputs, random: Uint8Array) {
    this.#inputs = inputs;
    this.#scalar = scalarOf(random);
    this.share = publicShare(inputs, this.#scalar);
  }

  /** As the end that began. @returns null where the other share is bad: abort */
  initiatorKeys(data: Uint8Array, other: CPaceMessage): CPaceKeys | null {
    return this.#keys({ share: this.share, data }, other, other.share);
  }

  /** As the end that answered. @returns null where the other share is bad: abort */
  responderKeys(data: Uint8Array, other: CPaceMessage): CPaceKeys | null {
    return this.#keys(other, { share: this.share, data }, other.share);
  }

  #keys(initiator: CPaceMessage, responder: CPaceMessage, other: Uint8Array): CPaceKeys | null {
    const secret = multiplied(this.#scalar, other);
    if (secret === null) return null;
    const { session } = this.#inputs;
    const [first, second] = [initiator, responder].map(({ share, data }) => lengthValue(share, data));
    const key = sha512(joined([lengthValue(DSI_ISK, session, secret), first!, second!]));
    const macKey = sha512(joined([MAC_KEY, session, key]));
    return {
      key,
      initiatorTag: hmac(sha512, macKey, first!),
      responderTag: hmac(sha512, macKey, second!),
    };
  }
}
