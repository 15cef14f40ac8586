import fs from 'node:fs';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import {
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MAP_SHARED,
  type MemoryCalls,
  memoryCalls,
  PROT_READ,
  PROT_WRITE,
} from './memory-calls.js';

const READ_WRITE = PROT_READ | PROT_WRITE;

/**
 * Memory that is shared with others in the place of a block of pixel memory: what either writes is with the other at once,
 * and nobody has to copy it. The place changes hands at once: whoever reads the block meanwhile, on another thread, sees
 * its pixels. Who may be writing to it must be waited for.
 */
export class MemoryOverlay {
  readonly #system: MemoryCalls;
  readonly #memory: PixelMemory;
  readonly #pointer: number;
  readonly #length: number;
  readonly #address: bigint;
  #removed = false;

  private constructor(system: MemoryCalls, memory: PixelMemory, pointer: number, length: number, address: bigint) {
    this.#system = system;
    this.#memory = memory;
    this.#pointer = pointer;
    this.#length = length;
    this.#address = address;
  }

  /**
   * The block stays as it is, and with it the file gets its contents.
   * @param pointer of a block of whole pages (PixelMemory.allocatePages)
   * @param length of that block
   * @param fd of a file in memory that is at least as long, which nobody can shorten (createSharedFile)
   * @returns null where the system cannot do it; the block is as it was
   */
  static over(
    memory: PixelMemory,
    pointer: number,
    length: number,
    fd: number,
    system = memoryCalls(),
  ): MemoryOverlay | null {
    if (!system || fs.fstatSync(fd).size < length) return null;
    const mapped = system.map(length, READ_WRITE, MAP_SHARED, fd);
    if (mapped === null) return null;
    const block = memory.bytes(pointer, length);
    const contents = system.view(mapped, length);
    contents.set(block);
    const address = system.moveOver(mapped, block, contents);
    return address === null ? null : new MemoryOverlay(system, memory, pointer, length, address);
  }

  /**
   * The block is from now on what is mapped at `address`, with its contents.
   * @param length of whole pages (of the system), at most the block's
   * @param address of memory that is shared; only that can be in two places
   * @returns null where the system cannot do it; the block is as it was
   */
  static again(
    memory: PixelMemory,
    pointer: number,
    length: number,
    address: bigint,
    system = memoryCalls(),
  ): MemoryOverlay | null {
    const second = system?.mapAgain(address, length) ?? null;
    if (!system || second === null) return null;
    // Kept outside of V8's memory, which would be held until its next collection.
    const kept = system.map(length, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (kept === null) {
      system.unmap(second, length);
      return null;
    }
    const block = memory.bytes(pointer, length);
    const contents = system.view(kept, length);
    contents.set(block);
    const placed = system.moveOver(second, block, contents);
    system.unmap(kept, length);
    if (placed === null) return null;
    system.letGo(address, length);
    return new MemoryOverlay(system, memory, pointer, length, placed);
  }

  /** Whether the block is still the other's. A memory that could not grow where it was has moved, and left it. */
  get inPlace(): boolean {
    return !this.#removed && this.#system.addressOf(this.#block) === this.#address;
  }

  /**
   * The block is memory of its own again and stays as it is. Safe to call twice. Where there is no memory for it, it stays
   * the other's too, and can be used as before.
   */
  remove(): void {
    if (!this.inPlace) return;
    const block = this.#block;
    const own = this.#system.map(this.#length, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (own === null) return;
    const contents = this.#system.view(own, this.#length);
    contents.set(block);
    this.#removed = true;
    this.#system.moveOver(own, block, contents);
  }

  get #block(): Uint8Array {
    return this.#memory.bytes(this.#pointer, this.#length);
  }
}
