import { LONGEST_RECORD } from '../core/counted-records.js';
import {
  type AvailableCipher,
  CHACHA20_POLY1305,
  CIPHER_KEY_LENGTH,
  CIPHER_NONCE_LENGTH,
  type RecordCipher,
  TAG_LENGTH,
} from '../core/record-cipher.js';
import { CHACHA20_SCRATCH } from './kernels.js';
import type { PixelMemory } from './pixel-memory.js';

/** The header of a record is far shorter. */
const MAX_HEADER = 64;

/** ChaCha20-Poly1305 by the kernel. All ciphers of one memory share a scratch area. */
export function kernelChaCha20(memory: PixelMemory): AvailableCipher {
  const place = {
    key: memory.allocate(CIPHER_KEY_LENGTH),
    nonce: memory.allocate(CIPHER_NONCE_LENGTH),
    header: memory.allocate(MAX_HEADER),
    data: memory.allocate(LONGEST_RECORD + TAG_LENGTH),
    scratch: memory.allocate(CHACHA20_SCRATCH),
  };
  return { ...CHACHA20_POLY1305, create: key => new KernelChaCha20(memory, place, key) };
}

type Place = Readonly<Record<'key' | 'nonce' | 'header' | 'data' | 'scratch', number>>;

class KernelChaCha20 implements RecordCipher {
  readonly #memory: PixelMemory;
  readonly #place: Place;
  readonly #key: Uint8Array;

  constructor(memory: PixelMemory, place: Place, key: Uint8Array) {
    this.#memory = memory;
    this.#place = place;
    this.#key = Uint8Array.from(key);
  }

  seal(nonce: Uint8Array, header: Uint8Array, message: Uint8Array): void {
    const length = message.length - TAG_LENGTH;
    this.#load(nonce, header, message.subarray(0, length));
    const { key, nonce: at, header: head, data, scratch } = this.#place;
    this.#memory.kernels.sealChaCha20Poly1305(key, at, head, header.length, data, length, scratch);
    message.set(this.#memory.bytes(data, message.length));
  }

  open(nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_LENGTH;
    if (length < 0) return null;
    this.#load(nonce, header, sealed);
    const { key, nonce: at, header: head, data, scratch } = this.#place;
    const { kernels } = this.#memory;
    const opened = kernels.openChaCha20Poly1305(key, at, head, header.length, data, length, scratch);
    return opened === 1 ? this.#memory.bytes(data, length) : null;
  }

  #load(nonce: Uint8Array, header: Uint8Array, data: Uint8Array): void {
    const place = this.#place;
    this.#memory.bytes(place.key, CIPHER_KEY_LENGTH).set(this.#key);
    this.#memory.bytes(place.nonce, CIPHER_NONCE_LENGTH).set(nonce);
    this.#memory.bytes(place.header, MAX_HEADER).set(header);
    this.#memory.bytes(place.data, LONGEST_RECORD + TAG_LENGTH).set(data);
  }
}
