import type { AvailableCipher } from '../../../core/record-cipher.js';

/** The key that identifies a computer to other computers with peerglass (Ed25519, RFC 8032). */
export interface IdentityKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns 64 bytes */
  sign(message: Uint8Array): Uint8Array;
}

/** The platform's part of CPace. */
export interface CPacePlatform {
  /** This end's own. @throws PeerglassError E_IDENTITY if it exists but cannot be used */
  readonly identity: IdentityKey;
  /** The ciphers that this end can use, the best first. */
  readonly ciphers: readonly AvailableCipher[];
  /** Cryptographically random bytes from the system. */
  random(length: number): Uint8Array;
  /** Calls back after all pending work. */
  soon(callback: () => void): void;
}

/** Whether the sharer had a viewer's identity remembered or banned. */
export type Standing = 'unknown' | 'remembered' | 'banned';

/** A viewer's proven identity. */
export interface ProvenViewer {
  /** Its Ed25519 key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The SHA-256 of the key, in lower-case hex. */
  readonly fingerprint: string;
  /** The name that its user gave; empty: none. Without control characters. */
  readonly name: string;
}

export interface ShareCPace {
  readonly platform: CPacePlatform;
  /** @param fingerprint of a viewer */
  standing(fingerprint: string): Standing;
}
