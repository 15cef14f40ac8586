import fs from 'node:fs';
import type { ShmProvider, ShmProviderSegment } from 'x11';
import { MemoryOverlay } from '../../native/memory-overlay.js';
import { createSharedFile, writeZeros } from '../../native/shared-file.js';
import { SharedMapping } from '../../native/shared-mapping.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';

const DIRECTORY = '/dev/shm';
/** The share of a tmpfs to leave free for other programs: browsers crash when it is full. */
const LEFT_FREE = 0.5;
/** Makes the files' names unique within the process. */
let counter = 0;

/** Whether a file of `size` bytes leaves enough room for others. */
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
  /** Whether the file is sealed against shrinking: touching a mapping beyond a shrunk file's end raises SIGBUS. */
  readonly sealed: boolean;
  /** Null if it cannot be mapped, undefined before the first try. */
  mapping: SharedMapping | null | undefined;
}

/**
 * Shared memory as unnamed files in memory (memfds). The server maps them; this side maps them over a framebuffer, or
 * copies from its own mapping straight to the pixels' place, so `commit` and `sync` have nothing to do. Reading the
 * file instead, page by page, takes ten times as long.
 */
export class TmpfsProvider implements ShmProvider {
  readonly flavor = 'fd';
  readonly zeroCopy = true;
  readonly #mapped: boolean;
  /** By each segment's empty buffer, which serves as its identity. */
  readonly #open = new Map<Buffer, OpenSegment>();

  /** @param mapped false uses a file on a tmpfs even where a memfd could be mapped */
  constructor(mapped = true) {
    this.#mapped = mapped;
  }

  /** @throws Error when there is no room for it */
  create(size: number): ShmProviderSegment {
    const shared = this.#mapped ? createSharedFile('peerglass', size) : null;
    const fd = shared ?? fileOnTmpfs(size);
    const buffer = Buffer.alloc(0);
    this.#open.set(buffer, { fd, size, sealed: shared !== null, mapping: undefined });
    return { size, fd, buffer };
  }

  /**
   * Copies from a segment until `target` is full.
   * @throws Error when the segment is gone or its file was shortened
   */
  read({ buffer }: { readonly buffer: Buffer }, target: Uint8Array, offset: number): void {
    const segment = this.#segment(buffer);
    const { fd, size } = segment;
    if (segment.mapping === undefined) segment.mapping = segment.sealed ? SharedMapping.of(fd, size) : null;
    if (segment.mapping) segment.mapping.copy(target, offset);
    else if (fs.readSync(fd, target, 0, target.length, offset) < target.length) {
      throw new Error('The shared memory was truncated');
    }
  }

  /**
   * Maps a segment over a block of pixel memory (PixelMemory.allocatePages), which must not be longer.
   * @returns null if that is impossible
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

  /** Destroys all segments, for a connection that is gone and destroys none any more. */
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
