import type { AvailableCipher } from '../../../core/record-cipher.js';

/** The key that a computer is known by to other peerglass (Ed25519, RFC 8032). */
export interface IdentityKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns 64 bytes */
  sign(message: Uint8Array): Uint8Array;
}

/** What CPace needs of the platform that it runs on. */
export interface CPacePlatform {
  /** This end's own. @throws PeerglassError E_IDENTITY where it is there and cannot be used */
  readonly identity: IdentityKey;
  /** What this end can seal records with, the best first. */
  readonly ciphers: readonly AvailableCipher[];
  /** Cryptographically random bytes from the system. */
  random(length: number): Uint8Array;
  /** Calls back after all pending work has had its turn. */
  soon(callback: () => void): void;
}

/** What a share knows of a viewer's identity: nothing, or that a person had it remembered, or banned. */
export type Standing = 'unknown' | 'remembered' | 'banned';

/** A viewer, as it has proven itself. */
export interface ProvenViewer {
  /** Its Ed25519 key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The SHA-256 of the key, in lower-case hex. */
  readonly fingerprint: string;
  /** What its person is called, by their own account; empty if they did not say. Without control characters. */
  readonly name: string;
}

export interface ShareCPace {
  readonly platform: CPacePlatform;
  /** @param fingerprint of a viewer */
  standing(fingerprint: string): Standing;
  /** Does some milliseconds of work for a viewer that has proven nothing; null: there is no time for it now. */
  compute<Result>(work: () => Result): Result | null;
}
