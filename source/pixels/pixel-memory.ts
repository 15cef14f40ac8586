import { outOfMemory } from '../core/errors.js';
import { cutRows, type KernelThreads, MOST_THREADS } from './kernel-threads.js';
import type { Kernels } from './kernels.js';

/** WebAssembly's page size. No supported system has larger pages, and all pages start at a multiple of theirs. */
const PAGE = 65_536;
/** 4 GiB, all that a pointer reaches. */
const MOST_PAGES = 65_536;
/** Blocks are aligned to cache lines, so that SIMD loads do not straddle two. */
const ALIGNMENT = 64;
/** Kernels may read this far past the end of a block. */
const SLACK = 16;

/**
 * The memory of framebuffers and kernels, with a first-fit allocator: blocks are few, large and long-lived. One per
 * thread that owns pictures; others may help it with kernels (`threads`), but allocate nothing. Growing detaches all
 * views, so take a new view for each use.
 */
export class PixelMemory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  /** Null where there is one thread. */
  threads: KernelThreads | null = null;
  readonly #blocks = new Map<number, number>();
  readonly #ends = new Map<number, () => void>();
  #free: { pointer: number; length: number }[];
  /** Where threads count the rows that they have moved, a cache line for each; null before the first time. */
  #moved: number | null = null;
  /** Never allocated from here on: zeroed, and not yet backed by the system. */
  #whenReleased: number;

  /** @param kernels bound to `memory`; see createPixelMemory */
  constructor(kernels: Kernels, memory: WebAssembly.Memory) {
    this.kernels = kernels;
    this.memory = memory;
    const start = align(kernels.heapBase(), ALIGNMENT);
    this.#free = [{ pointer: start, length: memory.buffer.byteLength - start }];
    this.#whenReleased = start;
  }

  /**
   * @returns the pointer to `length` zeroed bytes
   * @throws PeerglassError E_MEMORY
   */
  allocate(length: number): number {
    return this.#allocate(align(length + SLACK, ALIGNMENT), ALIGNMENT);
  }

  /** Like `allocate`, in a block that shares no system page with another (see `lengthOf`). */
  allocatePages(length: number): number {
    return this.#allocate(align(length + SLACK, PAGE), PAGE);
  }

  /** The length of the block at this pointer, spare bytes included. */
  lengthOf(pointer: number): number {
    const length = this.#blocks.get(pointer);
    if (length === undefined) throw new RangeError(`${pointer} was not allocated here`);
    return length;
  }

  /** Calls back once, right before the block is freed; a later call replaces the callback. */
  whenFreed(pointer: number, callback: () => void): void {
    this.#ends.set(pointer, callback);
  }

  free(pointer: number): void {
    const length = this.lengthOf(pointer);
    this.#ends.get(pointer)?.();
    this.#ends.delete(pointer);
    this.#blocks.delete(pointer);
    this.#free.push({ pointer, length });
    this.#free.sort((a, b) => a.pointer - b.pointer);
    this.#free = this.#free.reduce<{ pointer: number; length: number }[]>((merged, hole) => {
      const last = merged.at(-1);
      if (last && last.pointer + last.length === hole.pointer) last.length += hole.length;
      else merged.push(hole);
      return merged;
    }, []);
  }

  /** A view, valid until the memory grows. */
  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, pointer, length);
  }

  /** As the kernel copyRectangle, between two blocks, on several threads where that pays. */
  copyBetween(from: number, fromStride: number, to: number, toStride: number, rowBytes: number, height: number): void {
    const parts = this.threads?.partsOf('copyRectangle', (rowBytes / 4) * height, height) ?? 1;
    if (parts === 1) {
      this.kernels.copyRectangle(from, fromStride, to, toStride, rowBytes, height);
      return;
    }
    const calls = cutRows(height, parts).map(
      ({ from: top, to: bottom }) =>
        [from + top * fromStride, fromStride, to + top * toStride, toStride, rowBytes, bottom - top] as const,
    );
    this.threads!.run('copyRectangle', calls);
  }

  /**
   * As the kernel copyRectangle inside one picture, where source and destination may overlap. Moves up and down go to
   * several threads, by columns, where that pays: those depend on no others.
   */
  moveWithin(from: number, to: number, stride: number, rowBytes: number, height: number): void {
    const { threads } = this;
    const isVertical = to !== from && (to - from) % stride === 0;
    const lines = Math.ceil(rowBytes / ALIGNMENT);
    const most = isVertical ? Math.min(lines, threads?.count ?? 1) : 1;
    const parts = threads?.partsOf('moveRows', (rowBytes / 4) * height, most) ?? 1;
    if (parts === 1) {
      this.kernels.copyRectangle(from, stride, to, stride, rowBytes, height);
      return;
    }
    this.#moved ??= this.allocate(MOST_THREADS * ALIGNMENT);
    this.bytes(this.#moved, MOST_THREADS * ALIGNMENT).fill(0);
    const calls = cutRows(rowBytes, parts, ALIGNMENT).map(
      ({ from: left, to: right }, index) =>
        [from + left, to + left, stride, right - left, height, this.#moved! + index * ALIGNMENT] as const,
    );
    threads!.run('moveRows', calls);
  }

  #allocate(size: number, alignment: number): number {
    const room = (hole: { pointer: number; length: number }) =>
      hole.pointer + hole.length - align(hole.pointer, alignment) >= size;
    const hole = this.#free.find(room) ?? this.#grow(size + alignment - ALIGNMENT);
    const pointer = align(hole.pointer, alignment);
    const after = { pointer: pointer + size, length: hole.pointer + hole.length - pointer - size };
    hole.length = pointer - hole.pointer;
    const index = this.#free.indexOf(hole);
    this.#free.splice(index, 1, ...[hole, after].filter(each => each.length > 0));
    this.#blocks.set(pointer, size);
    const used = Math.min(Math.max(this.#whenReleased - pointer, 0), size);
    this.bytes(pointer, used).fill(0);
    this.#whenReleased = Math.max(this.#whenReleased, pointer + size);
    return pointer;
  }

  #grow(size: number): { pointer: number; length: number } {
    const end = this.memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const tail = last && last.pointer + last.length === end ? last : null;
    const pages = Math.ceil((size - (tail?.length ?? 0)) / PAGE);
    try {
      this.memory.grow(pages);
    } catch (thrown) {
      throw outOfMemory(thrown);
    }
    if (tail) {
      tail.length += pages * PAGE;
      return tail;
    }
    const hole = { pointer: end, length: pages * PAGE };
    this.#free.push(hole);
    return hole;
  }
}

function align(length: number, unit: number): number {
  return Math.ceil(length / unit) * unit;
}

/**
 * The kernels bound to a new memory, one per thread.
 * @param shared with other threads, each with kernels of its own over it; the module must import such a memory
 */
export function bindKernels(module: WebAssembly.Module, shared = false): PixelMemory {
  const memory = new WebAssembly.Memory(shared ? { initial: 17, maximum: MOST_PAGES, shared } : { initial: 17 });
  return new PixelMemory(kernelsOver(module, memory), memory);
}

/** The kernels over a memory. Their constants are written to it, the same ones each time. */
export function kernelsOver(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = () => {
    throw new Error('a pixel kernel gave up');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
