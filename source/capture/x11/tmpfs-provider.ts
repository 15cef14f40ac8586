import fs from 'node:fs';
import type { ShmProvider, ShmProviderSegment } from 'x11';
import { MemoryOverlay } from '../../native/memory-overlay.js';
import { createSharedFile, writeZeros } from '../../native/shared-file.js';
import { SharedMapping } from '../../native/shared-mapping.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';

const DIRECTORY = '/dev/shm';
/** Of a tmpfs so much stays free for other programs: browsers crash without. */
const LEFT_FREE = 0.5;
/** Of the process: the files' names must differ in all of it. */
let counter = 0;

/** Whether `size` bytes leave enough to others. */
export function hasRoom(
  { bavail, blocks, bsize }: Pick<fs.StatsFs, 'bavail' | 'blocks' | 'bsize'>,
  size: number,
): boolean {
  return bavail * bsize - size >= blocks * bsize * LEFT_FREE;
}

/** @throws Error where there is no tmpfs, or too little room in it */
function fileOnTmpfs(size: number): number {
  if (!hasRoom(fs.statfsSync(DIRECTORY), size)) throw new Error(`${DIRECTORY} has too little room`);
  const name = `${DIRECTORY}/peerglass-${process.pid}-${counter++}`;
  const fd = fs.openSync(name, 'wx+', 0o600);
  fs.unlinkSync(name);
  try {
    writeZeros(fd, size);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  return fd;
}

interface OpenSegment {
  readonly fd: number;
  readonly size: number;
  /** Whether nobody can shorten the file: to touch what is mapped of one that was shortened ends the process. */
  readonly sealed: boolean;
  /** Null where it is not mapped, undefined before it was tried. */
  mapping: SharedMapping | null | undefined;
}

/**
 * Shared memory as a file in memory without a name: the server maps it, and this side has it in the place of a picture, or
 * copies from a mapping of its own straight to where the pixels belong, without a buffer in between (so `commit` and `sync`
 * have nothing to do). To read a screen from the file instead takes ten times as long, page by page.
 */
export class TmpfsProvider implements ShmProvider {
  readonly flavor = 'fd';
  readonly zeroCopy = true;
  readonly #mapped: boolean;
  /** By the buffer that each segment is known by, which is empty. */
  readonly #open = new Map<Buffer, OpenSegment>();

  /** @param mapped false takes a file on a tmpfs even where it could be one that is mapped */
  constructor(mapped = true) {
    this.#mapped = mapped;
  }

  /** @throws Error where there is no room for it */
  create(size: number): ShmProviderSegment {
    const shared = this.#mapped ? createSharedFile('peerglass', size) : null;
    const fd = shared ?? fileOnTmpfs(size);
    const buffer = Buffer.alloc(0);
    this.#open.set(buffer, { fd, size, sealed: shared !== null, mapping: undefined });
    return { size, fd, buffer };
  }

  /**
   * Copies from a segment until `target` is full.
   * @throws Error when the segment is gone, or somebody has shortened its file
   */
  read({ buffer }: { readonly buffer: Buffer }, target: Uint8Array, offset: number): void {
    const segment = this.#segment(buffer);
    const { fd, size } = segment;
    if (segment.mapping === undefined) segment.mapping = segment.sealed ? SharedMapping.of(fd, size) : null;
    if (segment.mapping) segment.mapping.copy(target, offset);
    else if (fs.readSync(fd, target, 0, target.length, offset) < target.length) {
      throw new Error('The shared memory was cut short');
    }
  }

  /**
   * Puts a segment in the place of a block of pixel memory (PixelMemory.allocatePages), which is not longer.
   * @returns null where that cannot be done
   * @throws Error when the segment is gone
   */
  overlay({ buffer }: { readonly buffer: Buffer }, memory: PixelMemory, pointer: number): MemoryOverlay | null {
    const { fd, sealed } = this.#segment(buffer);
    return sealed ? MemoryOverlay.over(memory, pointer, memory.lengthOf(pointer), fd) : null;
  }

  commit(): void {}

  sync(): void {}

  destroy(segment: ShmProviderSegment): void {
    this.#close(segment.buffer);
  }

  /** For when the connection is gone and with it whoever would destroy the segments. */
  close(): void {
    for (const buffer of this.#open.keys()) this.#close(buffer);
  }

  #segment(buffer: Buffer): OpenSegment {
    const segment = this.#open.get(buffer);
    if (!segment) throw new Error('The shared memory is gone');
    return segment;
  }

  #close(buffer: Buffer): void {
    const segment = this.#open.get(buffer);
    if (!segment) return;
    this.#open.delete(buffer);
    segment.mapping?.unmap();
    fs.closeSync(segment.fd);
  }
}
