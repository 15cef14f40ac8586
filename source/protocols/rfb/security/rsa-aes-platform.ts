import type { RecordCipher } from '../../../core/record-cipher.js';

/** A public key: both numbers unsigned and big-endian. */
export interface RsaPublicKey {
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
}

export interface RsaKeys extends RsaPublicKey {
  /** By PKCS#1 v1.5. Wrong padding or another length yields random bytes of the first length. */
  decrypt(encrypted: Uint8Array, lengths: readonly [number, ...number[]]): Uint8Array;
}

/** The platform's part of RSA-AES and of the login of macOS. */
export interface RsaAesPlatform {
  /** This end's own; null until `prepare` has resolved. */
  readonly keys: RsaKeys | null;
  /** Reads or makes the keys. Rejects with PeerglassError. */
  prepare(): Promise<void>;
  /** Cryptographically random bytes from the system. */
  random(length: number): Uint8Array;
  hash(name: HashName, bytes: Uint8Array): Uint8Array;
  /** AES-EAX. @param key 16 or 32 bytes */
  cipher(key: Uint8Array): RecordCipher;
  /** By PKCS#1 v1.5. @throws for an invalid key */
  encrypt(key: RsaPublicKey, text: Uint8Array): Uint8Array;
  /** AES in ECB mode. @param key 16 bytes @param plain whole blocks of 16 bytes */
  encryptBlocks(key: Uint8Array, plain: Uint8Array): Uint8Array;
  /** Calls back after all pending work. */
  soon(callback: () => void): void;
}

export type HashName = 'md5' | 'sha1' | 'sha256';
