import fs from 'node:fs';
import { MAP_SHARED, memoryCalls, PROT_READ, PROT_WRITE } from './memory-calls.js';
import { writeZeros } from './shared-file.js';

/**
 * Bytes of a file that two processes have open: mapped where the system can, else read and written. The file must not be
 * shortened.
 */
export class SharedPixels {
  readonly #descriptor: number;
  #mapped: { readonly address: bigint; readonly bytes: Uint8Array } | null = null;

  /** @param descriptor of a file in memory with at least `length` bytes */
  constructor(descriptor: number, length: number) {
    this.#descriptor = descriptor;
    const system = memoryCalls();
    const address = system?.map(length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor) ?? null;
    if (system && address !== null) this.#mapped = { address, bytes: system.view(address, length) };
  }

  /**
   * Gives the file at least so many bytes.
   * @throws Error when there is no memory for them
   */
  static makeRoom(descriptor: number, length: number): void {
    if (fs.fstatSync(descriptor).size < length) writeZeros(descriptor, length);
  }

  /** The bytes themselves, at an address that stays until `close`; null where they are not mapped. */
  view(offset: number, length: number): Uint8Array | null {
    return this.#mapped ? this.#mapped.bytes.subarray(offset, offset + length) : null;
  }

  /** Copies to `target`, until it is full. */
  read(target: Uint8Array, offset: number): void {
    if (this.#mapped) target.set(this.#mapped.bytes.subarray(offset, offset + target.length));
    else fs.readSync(this.#descriptor, target, 0, target.length, offset);
  }

  write(bytes: Uint8Array, offset: number): void {
    if (this.#mapped) this.#mapped.bytes.set(bytes, offset);
    else fs.writeSync(this.#descriptor, bytes, 0, bytes.length, offset);
  }

  /** Nothing may be read or written afterwards. Safe to call twice. */
  close(): void {
    if (this.#mapped) memoryCalls()?.unmap(this.#mapped.address, this.#mapped.bytes.length);
    this.#mapped = null;
  }
}
