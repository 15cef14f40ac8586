import { AesGcmOpener } from '../core/aes-gcm.js';
import { TAG_LENGTH } from '../core/record-cipher.js';
import type { MessageOpener } from '../protocols/broadcast/sealing.js';

const BITS = 8;

/** The browser's own AES-256-GCM. */
class WebCryptoOpener implements MessageOpener {
  readonly #key: ReturnType<typeof crypto.subtle.importKey>;

  constructor(key: Uint8Array) {
    this.#key = crypto.subtle.importKey('raw', Uint8Array.from(key), 'AES-GCM', false, ['decrypt']);
  }

  async open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null> {
    const key = await this.#key;
    const algorithm = {
      name: 'AES-GCM',
      iv: owned(nonce),
      additionalData: owned(header),
      tagLength: TAG_LENGTH * BITS,
    };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, owned(sealed)));
    } catch {
      return null;
    }
  }
}

/** WebCrypto takes no memory that could be shared with others. A page's never is. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

/** Opens messages with a key. A page that came over plain http has no WebCrypto. */
export function createMessageOpener(key: Uint8Array): MessageOpener {
  return 'subtle' in crypto ? new WebCryptoOpener(key) : new AesGcmOpener(key);
}
