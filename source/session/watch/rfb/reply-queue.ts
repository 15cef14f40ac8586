import type { ByteStream } from '../../../core/transport.js';
import { REPLY_LIMITS } from './bounds.js';

/**
 * What a viewer says to its server, bounded: a server that makes the viewer answer and reads none of it would have it
 * collect answers without end.
 */
export class ReplyQueue {
  readonly #stream: ByteStream;
  /** What is said again once the server takes more, one of a kind. */
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

  /** Bytes that the server has taken. */
  get taken(): number {
    return this.#written - this.#stream.writableLength;
  }

  /** Whether the server has so much to take that nothing more of it may be read. */
  get full(): boolean {
    return this.#stream.writableLength > REPLY_LIMITS.unsent && !this.#over;
  }

  /** Whether somebody waits until it is no longer full. */
  get hasWaiter(): boolean {
    return this.#onDrained !== null;
  }

  write(bytes: Uint8Array): void {
    // Nobody is there any more who would take it.
    if (this.#over && this.#stream.writableLength > REPLY_LIMITS.unsent) return;
    this.#written += bytes.length;
    this.#stream.write(bytes);
  }

  /** Says it now, or when the server takes more: then only the last of its kind. */
  merge(kind: string, send: () => void): void {
    if (this.#stream.writableNeedDrain) this.#deferred.set(kind, send);
    else send();
  }

  /** Resolves when the server has taken all of it, or is gone. */
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
