import { createRequire } from 'node:module';

/** From the C library's sys/mman.h, the same on every Linux. */
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

interface MemoryCalls {
  map(address: null, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  unmap(address: bigint, length: number): number;
  view(address: bigint, length: number): ArrayBuffer;
}

let calls: MemoryCalls | null | undefined;

function memoryCalls(): MemoryCalls | null {
  if (calls !== undefined) return calls;
  calls = null;
  if (process.platform !== 'linux') return null;
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    // Where a long is shorter than a pointer of 64 bits, offsets into files have another size than below.
    if (koffi.sizeof('long') !== 8) return null;
    const libc = koffi.load(null);
    calls = {
      map: libc.func('void *mmap(void *, size_t, int, int, int, int64_t)'),
      unmap: libc.func('int munmap(void *, size_t)'),
      view: (address, length) => koffi.view(address, length),
    } as MemoryCalls;
  } catch {
    // Without koffi, or with a C library that it cannot look into: files are read as files.
  }
  return calls;
}

/** The beginning of a file, seen as memory for as long as it is mapped. */
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
   * @param fd of a file in memory with at least `length` bytes, which nobody shortens while it is mapped
   * @returns null where the system cannot map it
   */
  static of(fd: number, length: number): SharedMapping | null {
    const system = memoryCalls();
    if (!system) return null;
    const address = BigInt(system.map(null, length, PROT_READ, MAP_SHARED, fd, 0) ?? MAP_FAILED);
    if (address === MAP_FAILED || address === 0n) return null;
    return new SharedMapping(address, new Uint8Array(system.view(address, length)));
  }

  /**
   * Copies bytes from `offset` on until `target` is full.
   * @throws RangeError when it is not mapped any more, or has fewer
   */
  copy(target: Uint8Array, offset: number): void {
    if (!this.#bytes || offset + target.length > this.#length) throw new RangeError('beyond the shared memory');
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }

  /** Nothing can be copied any more. Safe to call twice. */
  unmap(): void {
    if (!this.#bytes) return;
    this.#bytes = null;
    memoryCalls()?.unmap(this.#address, this.#length);
  }
}
