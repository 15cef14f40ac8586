import { loadNative } from './load-native.js';
import { nativeMode } from './native-mode.js';

/** From the C library's sys/mman.h, the same on every supported Linux. */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
const MADV_DONTNEED = 4;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** From sys/mman.h too, Linux only. */
const MREMAP_MAYMOVE = 1;
const MREMAP_FIXED = 2;

/** Functions of the C library. */
export interface MemoryFunctions {
  remap(from: bigint, before: number, length: number, flags: number, at: Uint8Array | null): unknown;
  map(at: Uint8Array | null, length: number, protection: number, flags: number, fd: number, offset: number): unknown;
  advise(address: bigint, length: number, advice: number): number;
  unmap(address: bigint, length: number): number;
  move(to: Uint8Array, from: Uint8Array, length: number): bigint;
  view(address: bigint, length: number): ArrayBuffer;
}

/** Memory calls of the C library. */
export class MemoryCalls {
  readonly #functions: MemoryFunctions;

  constructor(functions: MemoryFunctions) {
    this.#functions = functions;
  }

  /**
   * mmap, where there is room.
   * @returns the address, or null where the system refuses
   */
  map(length: number, protection: number, flags: number, fd: number): bigint | null {
    return placed(this.#functions.map(null, length, protection, flags, fd, 0));
  }

  /**
   * mremap of length 0, which keeps the mapping and creates a second one. Only shared memory can be mapped twice;
   * anything else is refused.
   * @returns the address, or null where the system refuses
   */
  mapAgain(address: bigint, length: number): bigint | null {
    return placed(this.#functions.remap(address, 0, length, MREMAP_MAYMOVE, null));
  }

  /**
   * Moves a mapping over `block`, atomically: another thread that reads there sees either the block's contents or the
   * mapping's. When refusing, Linux may already have unmapped the block. It then gets private memory with `contents`,
   * and the mapping is gone.
   * @param block begins and ends on a page boundary
   * @param contents a copy of the block's contents; if the mapping has the same, the mapping itself, to avoid a second
   *   copy
   * @returns the block's address, or null where the system refuses
   * @throws Error when there is no memory for the block any more; it must not be touched then
   */
  moveOver(address: bigint, block: Uint8Array, contents: Uint8Array): bigint | null {
    const { length } = block;
    const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    const moved = placed(this.#functions.remap(address, length, length, flags, block));
    if (moved !== null) return moved;
    const own = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS;
    const restored = placed(this.#functions.map(block, length, PROT_READ | PROT_WRITE, own, -1, 0));
    if (restored !== null) block.set(contents);
    this.unmap(address, length);
    if (restored === null) throw new Error('The system unmapped a picture and has no memory to replace it');
    return null;
  }

  /** If refused, the memory stays mapped, which does no harm. */
  unmap(address: bigint, length: number): void {
    this.#functions.unmap(address, length);
  }

  /**
   * Drops shared pages from this process's resident set until it touches them again; nothing is lost. If refused, they
   * stay.
   */
  letGo(address: bigint, length: number): void {
    this.#functions.advise(address, length, MADV_DONTNEED);
  }

  /** The current address of bytes. */
  addressOf(bytes: Uint8Array): bigint {
    return BigInt(this.#functions.move(bytes, bytes, 0));
  }

  /** Mapped memory as bytes: not to be touched after unmapping. */
  view(address: bigint, length: number): Uint8Array {
    return new Uint8Array(this.#functions.view(address, length));
  }
}

function placed(address: unknown): bigint | null {
  const found = BigInt((address as bigint | null) ?? MAP_FAILED);
  return found === MAP_FAILED || found === 0n ? null : found;
}

/** @throws Error without koffi, or on a 32-bit machine */
export function loadMemoryFunctions(): MemoryFunctions {
  const koffi = loadNative('koffi');
  // Where a long is shorter than 64 bits, off_t differs from the declarations below.
  if (koffi.sizeof('long') !== 8) throw new Error('Files cannot be mapped on a 32-bit machine');
  const libc = koffi.load(null);
  return {
    map: libc.func('void *mmap(void *, size_t, int, int, int, int64_t)'),
    remap: libc.func('void *mremap(void *, size_t, size_t, int, void *)'),
    advise: libc.func('int madvise(void *, size_t, int)'),
    unmap: libc.func('int munmap(void *, size_t)'),
    move: libc.func('void *memmove(void *, void *, size_t)'),
    view: (address, length) => koffi.view(address, length),
  } as MemoryFunctions;
}

/** Loaded once a process. */
let calls: MemoryCalls | null | undefined;

/** Null where memory cannot be mapped: pixels are then read from files, and copied. */
export function memoryCalls(): MemoryCalls | null {
  if (calls !== undefined) return calls;
  calls = null;
  if (process.platform !== 'linux' || nativeMode() !== 'on') return null;
  try {
    calls = new MemoryCalls(loadMemoryFunctions());
  } catch {
    // Without koffi, as on other systems.
  }
  return calls;
}
