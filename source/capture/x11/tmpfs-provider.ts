import fs from 'node:fs';
import type { ShmProvider, ShmProviderSegment } from 'x11';
import { SharedMapping } from './shared-mapping.js';

const DIRECTORY = '/dev/shm';
const EMPTY = Buffer.alloc(0);
let counter = 0;

interface OpenSegment {
  readonly fd: number;
  /** Null where files cannot be mapped. */
  readonly mapping: SharedMapping | null;
}

/**
 * Shared memory as a file without a name on tmpfs: the server maps it, and this side copies from a mapping of its own
 * straight to where the pixels belong, without a buffer in between (so `commit` and `sync` have nothing to do). To read a
 * screen from the file instead takes ten times as long, page by page.
 */
export class TmpfsProvider implements ShmProvider {
  readonly flavor = 'fd';
  readonly zeroCopy = true;
  readonly #mapped: boolean;
  readonly #open = new Map<number, OpenSegment>();
  /** The one that was made last. */
  #last: OpenSegment | null = null;

  /** @param mapped false reads the file even where it could be mapped */
  constructor(mapped = true) {
    this.#mapped = mapped;
  }

  /** @throws Error where there is no tmpfs, or too little room in it */
  create(size: number): ShmProviderSegment {
    const name = `${DIRECTORY}/peerglass-${process.pid}-${counter++}`;
    const fd = fs.openSync(name, 'wx+', 0o600);
    try {
      fs.unlinkSync(name);
      // Written, not just made long: a full tmpfs must fail here and not when the server writes to its mapping.
      const zeros = Buffer.alloc(Math.min(size, 1 << 20));
      for (let offset = 0; offset < size; offset += zeros.length) {
        fs.writeSync(fd, zeros, 0, Math.min(zeros.length, size - offset), offset);
      }
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    this.#last = { fd, mapping: this.#mapped ? SharedMapping.of(fd, size) : null };
    this.#open.set(fd, this.#last);
    return { size, fd, buffer: EMPTY };
  }

  /**
   * Copies from the segment that was made last until `target` is full.
   * @throws Error when the segment is gone
   */
  read(target: Uint8Array, offset: number): void {
    if (!this.#last) throw new Error('The shared memory is gone');
    const { fd, mapping } = this.#last;
    if (mapping) mapping.copy(target, offset);
    else fs.readSync(fd, target, 0, target.length, offset);
  }

  commit(): void {}

  sync(): void {}

  destroy(segment: ShmProviderSegment): void {
    this.#close(segment.fd);
  }

  /** For when the connection is gone and with it whoever would destroy the segments. */
  close(): void {
    for (const fd of this.#open.keys()) this.#close(fd);
  }

  #close(fd: number): void {
    const segment = this.#open.get(fd);
    if (!segment) return;
    this.#open.delete(fd);
    if (this.#last === segment) this.#last = null;
    segment.mapping?.unmap();
    fs.closeSync(fd);
  }
}
