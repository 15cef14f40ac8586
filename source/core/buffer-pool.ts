/** The smallest buffer size: small buffers are requested in many sizes. */
const MIN_BUFFER = 16 * 1024;

/**
 * Reusable buffers. A new buffer of a picture's size costs more than filling it: its pages come zeroed from the system,
 * and go back when the garbage collector runs.
 */
export class BufferPool {
  readonly #maxBytes: number;
  /** Unused buffers by size, a power of two. */
  readonly #spare = new Map<number, Uint8Array[]>();
  #bytes = 0;

  /** @param maxBytes of unused buffers to keep */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of unused buffers. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A buffer of at least `length` bytes, with arbitrary contents. */
  take(length: number): Uint8Array {
    const size = Math.max(MIN_BUFFER, 2 ** Math.ceil(Math.log2(length)));
    const spare = this.#spare.get(size)?.pop();
    if (spare) this.#bytes -= size;
    return spare ?? new Uint8Array(size);
  }

  /** Returns a buffer to the pool. Neither it nor any view of it may be used afterwards. */
  release(buffer: Uint8Array): void {
    if (this.#bytes + buffer.length > this.#maxBytes) return;
    const spare = this.#spare.get(buffer.length);
    if (spare) spare.push(buffer);
    else this.#spare.set(buffer.length, [buffer]);
    this.#bytes += buffer.length;
  }
}
