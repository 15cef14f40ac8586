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
 * Shared memory mapped over a block of pixel memory: both sides see each other's writes at once, without copies. The
 * mapping is replaced atomically, so a concurrent reader on another thread always sees the block's pixels. Concurrent
 * writers must be awaited first.
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
   * Copies the block to the file and maps the file over the block; the block's contents stay the same.
   * @param pointer of a block of whole pages (PixelMemory.allocatePages)
   * @param length of that block
   * @param fd of a file in memory of at least that length, which nobody can shorten (createSharedFile)
   * @returns null where the system refuses; the block keeps its contents
   * @throws Error when the system has taken the block's memory and has none to replace it
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
   * Maps the memory at `address` over the block as well; the block then shows its contents.
   * @param length of whole system pages, at most the block's
   * @param address of shared memory; only shared memory can be mapped twice
   * @returns null where the system refuses; the block keeps its contents
   * @throws Error when the system has taken the block's memory and has none to replace it
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
    // Kept outside V8's memory, which would be held until its next collection.
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

  /** Whether the block is still mapped to the shared memory. Growing can move a WebAssembly memory away from it. */
  get inPlace(): boolean {
    return !this.#removed && this.#system.addressOf(this.#block) === this.#address;
  }

  /**
   * Gives the block private memory again, with the same contents. Safe to call twice. Without memory for it the block
   * stays shared, and usable as before.
   * @throws Error when the system has taken the block's memory and has none to replace it
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
