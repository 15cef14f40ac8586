import { MAP_SHARED, memoryCalls, PROT_READ } from './memory-calls.js';

/** The beginning of a file, mapped to memory. */
export class SharedMapping {
  #address: bigint;
  #bytes: Buffer | null;
  readonly #length: number;

  private constructor(address: bigint, bytes: Uint8Array) {
    this.#address = address;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
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

  /**
   * Copies `length` bytes from `offset` to a place in `target`, without creating a view: for rows of pixels.
   * @throws RangeError when it is unmapped, or has fewer
   */
  copyTo(target: Uint8Array, place: number, offset: number, length: number): void {
    if (!this.#bytes || offset + length > this.#length) throw new RangeError('beyond the shared memory');
    this.#bytes.copy(target, place, offset, offset + length);
  }

  /** Unmaps it; nothing can be copied afterwards. Safe to call twice. */
  unmap(): void {
    if (!this.#bytes) return;
    this.#bytes = null;
    memoryCalls()?.unmap(this.#address, this.#length);
  }
}
