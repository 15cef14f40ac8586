import { createRequire } from 'node:module';

/** From the C library's sys/mman.h, the same on every Linux that this is used on. */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
const MADV_DONTNEED = 4;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** From sys/mman.h as well, Linux's own. */
const MREMAP_MAYMOVE = 1;
const MREMAP_FIXED = 2;

/** From sys/mman.h: the file is not handed on to programs that are started. */
const MFD_CLOEXEC = 1;

interface Functions {
  createFile(name: string, flags: number): number;
  remap(from: bigint, before: number, length: number, flags: number, at: Uint8Array): unknown;
  map(at: Uint8Array | null, length: number, protection: number, flags: number, fd: number, offset: number): unknown;
  advise(address: bigint, length: number, advice: number): number;
  unmap(address: bigint, length: number): number;
  move(to: Uint8Array, from: Uint8Array, length: number): bigint;
  view(address: bigint, length: number): ArrayBuffer;
}

/** What the system can do with memory, of its C library. */
export class MemoryCalls {
  readonly #functions: Functions;

  constructor(functions: Functions) {
    this.#functions = functions;
  }

  /**
   * mmap.
   * @param at what the mapping takes the place of, with MAP_FIXED: it begins and ends with a page
   * @returns the address, or null where the system refuses
   */
  map(at: Uint8Array | null, length: number, protection: number, flags: number, fd: number): bigint | null {
    return placed(this.#functions.map(at, length, protection, flags, fd, 0));
  }

  /**
   * mremap of nothing, which leaves what is there and puts it in a second place. Only what is shared can be in two.
   * @param at what it takes the place of: it begins and ends with a page
   * @returns the address, or null where the system refuses
   */
  mapAgain(address: bigint, length: number, at: Uint8Array): bigint | null {
    const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    return placed(this.#functions.remap(address, 0, length, flags, at));
  }

  /**
   * memfd_create: an empty file in memory that has no name and takes nothing of /dev/shm.
   * @returns its descriptor, or null where the system refuses
   */
  createFile(name: string): number | null {
    const descriptor = this.#functions.createFile(name, MFD_CLOEXEC);
    return descriptor < 0 ? null : descriptor;
  }

  unmap(address: bigint, length: number): void {
    this.#functions.unmap(address, length);
  }

  /** Pages of shared memory are not counted as this process's any more until it touches them again; nothing is lost. */
  letGo(address: bigint, length: number): void {
    this.#functions.advise(address, length, MADV_DONTNEED);
  }

  /** Where bytes are at the moment. */
  addressOf(bytes: Uint8Array): bigint {
    return BigInt(this.#functions.move(bytes, bytes, 0));
  }

  /** What is mapped, as bytes: not to be touched after it is unmapped. */
  view(address: bigint, length: number): Uint8Array {
    return new Uint8Array(this.#functions.view(address, length));
  }
}

function placed(address: unknown): bigint | null {
  const found = BigInt((address as bigint | null) ?? MAP_FAILED);
  return found === MAP_FAILED || found === 0n ? null : found;
}

let calls: MemoryCalls | null | undefined;

/** Null where memory cannot be mapped from here. */
export function memoryCalls(): MemoryCalls | null {
  if (calls !== undefined) return calls;
  calls = null;
  if (process.platform !== 'linux') return null;
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    // Where a long is shorter than a pointer of 64 bits, offsets into files have another size than below.
    if (koffi.sizeof('long') !== 8) return null;
    const libc = koffi.load(null);
    calls = new MemoryCalls({
      createFile: libc.func('int memfd_create(const char *, unsigned int)'),
      map: libc.func('void *mmap(void *, size_t, int, int, int, int64_t)'),
      remap: libc.func('void *mremap(void *, size_t, size_t, int, void *)'),
      advise: libc.func('int madvise(void *, size_t, int)'),
      unmap: libc.func('int munmap(void *, size_t)'),
      move: libc.func('void *memmove(void *, void *, size_t)'),
      view: (address, length) => koffi.view(address, length),
    } as Functions);
  } catch {
    // Without koffi, or with a C library that it cannot look into: pixels are read from files, and copied.
  }
  return calls;
}
