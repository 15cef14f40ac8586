import { ed25519 } from '@noble/curves/ed25519.js';
import type { Clock } from '../core/clock.js';
import type { AvailableCipher } from '../core/record-cipher.js';
import { kernelChaCha20 } from '../pixels/kernel-chacha20.js';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import type { CPacePlatform, IdentityKey } from '../protocols/rfb/security/cpace-platform.js';

/** CPace without WebCrypto, which pages served over plain http lack. */
export class BrowserCPace implements CPacePlatform {
  readonly ciphers: readonly AvailableCipher[];
  readonly #clock: Clock;
  readonly #seed: Uint8Array;
  #identity: IdentityKey | null = null;

  /** @param seed of this viewer's key, 32 secret bytes */
  constructor(memory: PixelMemory, clock: Clock, seed: Uint8Array) {
    this.ciphers = [kernelChaCha20(memory)];
    this.#clock = clock;
    this.#seed = seed;
  }

  get identity(): IdentityKey {
    this.#identity ??= {
      publicKey: ed25519.getPublicKey(this.#seed),
      sign: message => ed25519.sign(message, this.#seed),
    };
    return this.#identity;
  }

  random(length: number): Uint8Array {
    return crypto.getRandomValues(new Uint8Array(length));
  }

  soon(callback: () => void): void {
    this.#clock.soon(callback);
  }
}
