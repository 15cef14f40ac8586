import { joined, writeU32, writeU48 } from '../../core/bytes.js';
import { CIPHER_NONCE_LENGTH, type RecordCipher, TAG_LENGTH } from '../../core/record-cipher.js';
import { hkdfSha256 } from '../../core/sha256.js';
import { fromLatin1 } from '../../core/text.js';
import { LOG } from '../recording/constants.js';
import { BROADCAST } from './constants.js';

/** AES-256-GCM with one key, where it may answer later (WebCrypto). */
export interface MessageOpener {
  /** @returns the plain text, until the next call; null: not what was sealed with this key, nonce and header */
  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null | Promise<Uint8Array | null>;
}

/** The key of an epoch: HKDF (RFC 5869) with SHA-256. */
export function epochKey(linkKey: Uint8Array, epoch: Uint8Array): Uint8Array {
  return hkdfSha256(linkKey, epoch, fromLatin1(BROADCAST.label));
}

/** The nonce of a message: never the same twice in an epoch, since its counter is not. @param head of a message */
export function nonceOf(head: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(CIPHER_NONCE_LENGTH);
  const bytes = CIPHER_NONCE_LENGTH - 4;
  nonce.set(head.subarray(LOG.headBytes - bytes, LOG.headBytes), 4);
  return nonce;
}

/** What the tag covers in clear: the head, and of which resource the message is. */
export function headerOf(head: Uint8Array, resource: string): Uint8Array {
  return joined([head, fromLatin1(resource)]);
}

/** Seals the messages of one epoch. */
export class MessageSealer {
  readonly #epoch: Uint8Array;
  readonly #cipher: Pick<RecordCipher, 'seal'>;
  #counter = 0;

  /**
   * @param epoch eight random bytes, never the same twice with a link's key
   * @param createCipher AES-256-GCM with a key
   */
  constructor(linkKey: Uint8Array, epoch: Uint8Array, createCipher: (key: Uint8Array) => Pick<RecordCipher, 'seal'>) {
    this.#epoch = epoch;
    this.#cipher = createCipher(epochKey(linkKey, epoch));
  }

  /**
   * A whole message, from the length before it to its tag, in memory of its own.
   * @param resource its name, e.g. "u/7"
   */
  seal(resource: string, kind: number, body: readonly Uint8Array[]): Uint8Array {
    const bytes = LOG.headBytes + body.reduce((sum, piece) => sum + piece.length, 0) + TAG_LENGTH;
    const message = new Uint8Array(LOG.lengthBytes + bytes);
    writeU32(message, 0, bytes);
    const head = message.subarray(LOG.lengthBytes, LOG.lengthBytes + LOG.headBytes);
    head[0] = BROADCAST.format;
    head[1] = kind;
    head.set(this.#epoch, 2);
    writeU48(head, 2 + LOG.epochBytes, ++this.#counter);
    let at = LOG.lengthBytes + LOG.headBytes;
    const secret = message.subarray(at);
    for (const piece of body) {
      message.set(piece, at);
      at += piece.length;
    }
    this.#cipher.seal(nonceOf(head), headerOf(head, resource), secret);
    return message;
  }
}
