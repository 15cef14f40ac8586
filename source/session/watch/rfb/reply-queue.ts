import type { ByteStream } from '../../../core/transport.js';
import { REPLY_LIMITS } from './bounds.js';

/**
 * The viewer's messages to its server, bounded. Otherwise a server that provokes replies and reads none would make the
 * viewer queue replies without end.
 */
export class ReplyQueue {
  readonly #stream: ByteStream;
  /** Sent once the server reads again, one per kind. */
  readonly #deferred = new Map<string, () => void>();
  #written = 0;
  #onDrained: (() => void) | null = null;
  #over = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    stream.on('drain', () => {
      const deferred = [...this.#deferred.values()];
      this.#deferred.clear();
      for (const send of deferred) send();
      this.#wake();
    });
  }

  /** Bytes that the system has taken for the server. */
  get taken(): number {
    return this.#written - this.#stream.writableLength;
  }

  /** Whether so many bytes are unsent that nothing more from the server may be read. */
  get full(): boolean {
    return this.#stream.writableLength > REPLY_LIMITS.unsent && !this.#over;
  }

  /** Whether the reader is waiting for `whenDrained`. */
  get hasWaiter(): boolean {
    return this.#onDrained !== null;
  }

  write(bytes: Uint8Array): void {
    // The server is gone and will not take this.
    if (this.#over && this.#stream.writableLength > REPLY_LIMITS.unsent) return;
    this.#written += bytes.length;
    this.#stream.write(bytes);
  }

  /** Sends now, or on drain: then only the last of its kind. */
  merge(kind: string, send: () => void): void {
    if (this.#stream.writableNeedDrain) this.#deferred.set(kind, send);
    else send();
  }

  /** Resolves when the server has taken everything, or is gone. */
  whenDrained(): Promise<void> {
    return new Promise(resolve => {
      this.#onDrained = resolve;
    });
  }

  /** The server is gone. */
  end(): void {
    this.#over = true;
    this.#deferred.clear();
    this.#wake();
  }

  #wake(): void {
    this.#onDrained?.();
    this.#onDrained = null;
  }
}
