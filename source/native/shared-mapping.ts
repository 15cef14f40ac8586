import { MAP_SHARED, memoryCalls, PROT_READ } from './memory-calls.js';

/** The beginning of a file, mapped to memory. */
export class SharedMapping {
  #address: bigint;
  #bytes: Uint8Array | null;
  readonly #length: number;

  private constructor(address: bigint, bytes: Uint8Array) {
    this.#address = address;
    this.#bytes = bytes;
    this.#length = bytes.length;
  }

  /**
   * @param fd of a file in memory with at least `length` bytes, which nobody can shorten (createSharedFile)
   * @returns null where the system cannot map it
   */
  static of(fd: number, length: number): SharedMapping | null {
    const system = memoryCalls();
    const address = system?.map(length, PROT_READ, MAP_SHARED, fd) ?? null;
    return system && address !== null ? new SharedMapping(address, system.view(address, length)) : null;
  }

  /**
   * Copies bytes from `offset` on until `target` is full.
   * @throws RangeError when it is unmapped, or has fewer
   */
  copy(target: Uint8Array, offset: number): void {
    if (!this.#bytes || offset + target.length > this.#length) throw new RangeError('beyond the shared memory');
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }

  /** Unmaps it; nothing can be copied afterwards. Safe to call twice. */
  unmap(): void {
    if (!this.#bytes) return;
    this.#bytes = null;
    memoryCalls()?.unmap(this.#address, this.#length);
  }
}
