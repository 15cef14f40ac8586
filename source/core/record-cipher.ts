/** Bytes that a sealed message has more than its plain text. */
export const TAG_LENGTH = 16;
/** Bytes of the keys and nonces of all ciphers below. */
export const CIPHER_KEY_LENGTH = 32;
export const CIPHER_NONCE_LENGTH = 12;

/** A cipher that also proves who sealed a message (AEAD), with one key. All calls are synchronous. */
export interface RecordCipher {
  /**
   * Seals where the message lies.
   * @param nonce never the same twice with a key
   * @param header goes in clear; the tag covers it
   * @param message the plain text, and TAG_LENGTH bytes behind it; afterwards the cipher text and the tag
   */
  seal(nonce: Uint8Array, header: Uint8Array, message: Uint8Array): void;
  /** @returns the plain text, until the next call; null: not what was sealed with this key, nonce and header */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}

/** A cipher that two ends can choose for their records. */
export interface RecordCipherKind {
  /** Its number in the choice. */
  readonly number: number;
  /** For people, e.g. "AES-256". */
  readonly name: string;
  /** Bytes of its key: of all its keys, where it has several. */
  readonly keyLength: number;
}

/** AES-256-GCM (NIST SP 800-38D), and ChaCha20-Poly1305 (RFC 8439) where there is no AES. */
export const AES_256_GCM: RecordCipherKind = { number: 1, name: 'AES-256', keyLength: CIPHER_KEY_LENGTH };
export const CHACHA20_POLY1305: RecordCipherKind = { number: 2, name: 'ChaCha20', keyLength: CIPHER_KEY_LENGTH };

/** A cipher that a platform has. */
export interface AvailableCipher extends RecordCipherKind {
  /** @param key `keyLength` bytes */
  create(key: Uint8Array): RecordCipher;
}

/** Messages of up to this many bytes are short. */
export const SHORT_MESSAGE = 1024;

/**
 * ChaCha20-Poly1305 for short messages, AES-256-GCM for longer ones. In software the first takes a few microseconds for a
 * hundred bytes, and after a pause a tenth of the time that it takes to call a library for the second.
 */
export const AES_256_AND_CHACHA20: RecordCipherKind = { number: 3, name: 'AES-256', keyLength: 2 * CIPHER_KEY_LENGTH };

/** @param long AES-256-GCM @param short ChaCha20-Poly1305 */
export function cipherByLength(long: AvailableCipher, short: AvailableCipher): AvailableCipher {
  const create = (key: Uint8Array): RecordCipher => {
    const forLong = long.create(key.subarray(0, CIPHER_KEY_LENGTH));
    const forShort = short.create(key.subarray(CIPHER_KEY_LENGTH));
    const of = (length: number) => (length <= SHORT_MESSAGE ? forShort : forLong);
    return {
      seal: (nonce, header, message) => of(message.length - TAG_LENGTH).seal(nonce, header, message),
      open: (nonce, header, sealed) => of(sealed.length - TAG_LENGTH).open(nonce, header, sealed),
    };
  };
  return { ...AES_256_AND_CHACHA20, create };
}
