import type { ByteStream } from '../../../core/transport.js';
import { ANSWER } from './bounds.js';

/**
 * What a viewer says to its server, bounded: a server that makes the viewer answer and reads none of it would have it
 * collect answers without end.
 */
export class ReplyQueue {
  readonly #stream: ByteStream;
  /** What is said again once the server takes more, one of a kind. */
  readonly #owed = new Map<string, () => void>();
  #written = 0;
  #freed: (() => void) | null = null;
  #over = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    stream.on('drain', () => {
      const owed = [...this.#owed.values()];
      this.#owed.clear();
      for (const say of owed) say();
      this.#wake();
    });
  }

  /** Bytes that the server has taken. */
  get taken(): number {
    return this.#written - this.#stream.writableLength;
  }

  /** Whether the server has so much to take that nothing more of it may be read. */
  get full(): boolean {
    return this.#stream.writableLength > ANSWER.unsent && !this.#over;
  }

  /** Whether somebody waits until it is no longer full. */
  get awaited(): boolean {
    return this.#freed !== null;
  }

  write(bytes: Uint8Array): void {
    // Nobody is there any more who would take it.
    if (this.#over && this.#stream.writableLength > ANSWER.unsent) return;
    this.#written += bytes.length;
    this.#stream.write(bytes);
  }

  /** Says it now, or when the server takes more: then only the last of its kind. */
  merge(kind: string, say: () => void): void {
    if (this.#stream.writableNeedDrain) this.#owed.set(kind, say);
    else say();
  }

  /** Resolves when the server has taken all of it, or is gone. */
  untilTaken(): Promise<void> {
    return new Promise(resolve => {
      this.#freed = resolve;
    });
  }

  /** The server is gone. */
  end(): void {
    this.#over = true;
    this.#owed.clear();
    this.#wake();
  }

  #wake(): void {
    this.#freed?.();
    this.#freed = null;
  }
}
