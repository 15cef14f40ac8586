import fs from 'node:fs';
import type { PixelMemory } from '../pixels/pixel-memory.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  memoryCalls,
  PROT_READ,
  PROT_WRITE,
} from './memory-calls.js';

/** Bytes that are written to the file at a time: a write may be cut short, but not one of so few. */
const CHUNK = 1 << 20;
const READ_WRITE = PROT_READ | PROT_WRITE;

/**
 * Memory that is shared with others in the place of a block of pixel memory: what either writes is with the other at once, and
 * nobody has to copy it.
 */
export class MemoryOverlay {
  readonly #memory: PixelMemory;
  readonly #pointer: number;
  readonly #length: number;
  readonly #address: bigint;
  #removed = false;

  private constructor(memory: PixelMemory, pointer: number, length: number, address: bigint) {
    this.#memory = memory;
    this.#pointer = pointer;
    this.#length = length;
    this.#address = address;
  }

  /**
   * The block stays as it is, and with it the file gets its contents.
   * @param pointer of a block of whole pages (PixelMemory.allocatePages)
   * @param length of that block
   * @param fd of a file in memory that is at least as long, which nobody shortens
   * @returns null where the system cannot do it
   */
  static over(memory: PixelMemory, pointer: number, length: number, fd: number): MemoryOverlay | null {
    const system = memoryCalls();
    if (!system) return null;
    const block = memory.bytes(pointer, length);
    for (let at = 0; at < length; at += CHUNK) fs.writeSync(fd, block, at, Math.min(CHUNK, length - at), at);
    const address = system.map(block, length, READ_WRITE, MAP_SHARED | MAP_FIXED, fd);
    if (address === null) return null;
    return new MemoryOverlay(memory, pointer, length, address);
  }

  /**
   * The block is from now on what is mapped at `address`, with its contents.
   * @param length of whole pages (of the system), at most the block's
   * @param address of memory that is shared; only that can be in two places
   * @returns null where the system cannot do it
   */
  static again(memory: PixelMemory, pointer: number, length: number, address: bigint): MemoryOverlay | null {
    const system = memoryCalls();
    const placed = system?.mapAgain(address, length, memory.bytes(pointer, length)) ?? null;
    if (!system || placed === null) return null;
    system.letGo(address, length);
    return new MemoryOverlay(memory, pointer, length, placed);
  }

  /** Whether the block is still the other's. A memory that could not grow where it was has moved, and left it. */
  get inPlace(): boolean {
    return !this.#removed && memoryCalls()?.addressOf(this.#block) === this.#address;
  }

  /** The block is memory of its own again and stays as it is. Safe to call twice. */
  remove(): void {
    if (!this.inPlace) return;
    this.#removed = true;
    const block = this.#block;
    const contents = block.slice();
    memoryCalls()?.map(block, this.#length, READ_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1);
    block.set(contents);
  }

  get #block(): Uint8Array {
    return this.#memory.bytes(this.#pointer, this.#length);
  }
}
