import fs from 'node:fs';
import type { ShmProvider, ShmProviderSegment } from 'x11';

const DIRECTORY = '/dev/shm';
const EMPTY = Buffer.alloc(0);
let counter = 0;

/**
 * Shared memory as a file without a name on tmpfs: the server maps it, and this side reads it by `fs.readSync` straight
 * to where the pixels belong, without a buffer of its own in between (so `commit` and `sync` have nothing to do).
 */
export class TmpfsProvider implements ShmProvider {
  readonly flavor = 'fd';
  readonly zeroCopy = true;
  /** The descriptor of the segment that was made last, or null when it is gone. */
  descriptor: number | null = null;
  readonly #open = new Set<number>();

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
    this.#open.add(fd);
    this.descriptor = fd;
    return { size, fd, buffer: EMPTY };
  }

  commit(): void {}

  sync(): void {}

  destroy(segment: ShmProviderSegment): void {
    this.#close(segment.fd);
  }

  /** For when the connection is gone and with it whoever would destroy the segments. */
  close(): void {
    for (const fd of this.#open) this.#close(fd);
  }

  #close(fd: number): void {
    if (this.descriptor === fd) this.descriptor = null;
    if (this.#open.delete(fd)) fs.closeSync(fd);
  }
}
