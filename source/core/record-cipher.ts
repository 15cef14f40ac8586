/** Bytes that a sealed message has more than its plain text. */
export const TAG_LENGTH = 16;
/** Bytes of the keys and nonces of all ciphers below. */
export const CIPHER_KEY_LENGTH = 32;
export const CIPHER_NONCE_LENGTH = 12;

/** A cipher that also proves who sealed a message (AEAD), with one key. All calls are synchronous. */
export interface RecordCipher {
  /**
   * @param nonce never the same twice with a key
   * @param header goes in clear; the tag covers it
   * @returns the cipher text and behind it the tag, in pieces that do not change later
   */
  seal(nonce: Uint8Array, header: Uint8Array, plain: Uint8Array): readonly Uint8Array[];
  /** @returns the plain text, until the next call; null: not what was sealed with this key, nonce and header */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null;
  /** Does beforehand what needs no more than the nonce of the next message. */
  prepareSeal?(nonce: Uint8Array): void;
  prepareOpen?(nonce: Uint8Array): void;
}

/** A cipher that two ends can choose for their records. */
export interface RecordCipherKind {
  /** Its number in the choice. */
  readonly number: number;
  /** For people, e.g. "AES-256". */
  readonly name: string;
}

/** AES-256-GCM (NIST SP 800-38D), and ChaCha20-Poly1305 (RFC 8439) where there is no AES. */
export const AES_256_GCM: RecordCipherKind = { number: 1, name: 'AES-256' };
export const CHACHA20_POLY1305: RecordCipherKind = { number: 2, name: 'ChaCha20' };

/** A cipher that a platform has. */
export interface AvailableCipher extends RecordCipherKind {
  /** @param key CIPHER_KEY_LENGTH bytes */
  create(key: Uint8Array): RecordCipher;
}
