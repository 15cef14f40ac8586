/** The smallest buffer that is made: small ones are asked for in many sizes. */
const MIN_BUFFER = 16 * 1024;

/**
 * Buffers that are used again. A new one of a picture's size costs more than filling it: its pages come from the system,
 * zeroed, and go back when the collector gets to it.
 */
export class BufferPool {
  readonly #maxBytes: number;
  /** Spare buffers by their size, a power of two. */
  readonly #spare = new Map<number, Uint8Array[]>();
  #bytes = 0;

  /** @param maxBytes that are kept for later */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A buffer of at least that length, with anything in it. */
  take(length: number): Uint8Array {
    const size = Math.max(MIN_BUFFER, 2 ** Math.ceil(Math.log2(length)));
    const spare = this.#spare.get(size)?.pop();
    if (spare) this.#bytes -= size;
    return spare ?? new Uint8Array(size);
  }

  /** Nobody uses the buffer any more; views of it included. */
  release(buffer: Uint8Array): void {
    if (this.#bytes + buffer.length > this.#maxBytes) return;
    const spare = this.#spare.get(buffer.length);
    if (spare) spare.push(buffer);
    else this.#spare.set(buffer.length, [buffer]);
    this.#bytes += buffer.length;
  }
}
