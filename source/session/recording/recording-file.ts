import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { fileText } from '../../core/plain-text.js';
import { openNew, whyUnwritten } from '../../node/whole-file.js';

/** The used part of an open file. */
export type WrittenHandle = Pick<FileHandle, 'writev' | 'truncate' | 'close'>;

/** The most pieces that the system takes in one call. */
const MAX_PIECES = 1024;
/** A write costs a thread switch: messages within this time are written together, unless they are large. */
const TOGETHER_MS = 250;
const MUCH_BYTES = 256 * 1024;

/** A file to which messages are appended on another thread. If that fails, it keeps the whole messages. */
export class RecordingFile {
  readonly #handle: WrittenHandle;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #onFailure: (why: string) => void;
  readonly #onDrain: () => void;
  #queue: Uint8Array[] = [];
  #waiting = 0;
  #bytes = 0;
  /** Bytes written by finished calls, and by the one in progress. */
  #written = 0;
  #batch: { readonly lengths: readonly number[]; written: number } = { lengths: [], written: 0 };
  #writing: Promise<void> | null = null;
  #failed = false;
  #cancelFlush: (() => void) | null = null;

  /**
   * @param onFailure called once with the reason when the file can no longer be written
   * @param onDrain called when everything has been written
   */
  constructor(
    handle: WrittenHandle,
    clock: Pick<Clock, 'after'>,
    onFailure: (why: string) => void,
    onDrain: () => void,
  ) {
    this.#handle = handle;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#onDrain = onDrain;
  }

  /** @throws PeerglassError E_RECORDING */
  static async open(
    file: string,
    clock: Pick<Clock, 'after'>,
    onFailure: (why: string) => void,
    onDrain: () => void,
  ): Promise<RecordingFile> {
    try {
      return new RecordingFile(await openNew(file), clock, onFailure, onDrain);
    } catch (cause) {
      throw unwrittenRecording(file, cause);
    }
  }

  /** Bytes given to it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes not yet written. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Each piece is a whole message; kept until it is written. */
  write(pieces: readonly Uint8Array[]): void {
    if (this.#failed) return;
    for (const piece of pieces) {
      this.#queue.push(piece);
      this.#waiting += piece.length;
      this.#bytes += piece.length;
    }
    if (this.#waiting >= MUCH_BYTES) this.#flush();
    else this.#cancelFlush ??= this.#clock.after(TOGETHER_MS, () => this.#flush());
  }

  /** Writes what is waiting and closes the file. Never rejects. */
  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
    if (this.#failed) return;
    this.#failed = true;
    await this.#handle.close().catch(() => {});
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    if (this.#queue.length > 0) this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        await this.#append(this.#queue.splice(0, MAX_PIECES));
      }
    } catch (error) {
      await this.#fail(error);
    }
    this.#writing = null;
    if (!this.#failed) this.#onDrain();
  }

  async #append(pieces: readonly Uint8Array[]): Promise<void> {
    this.#batch = { lengths: pieces.map(({ length }) => length), written: 0 };
    for (let rest = pieces; rest.length > 0; ) {
      const { bytesWritten } = await this.#handle.writev([...rest]);
      if (bytesWritten === 0) throw new Error('the system takes no more bytes');
      this.#batch.written += bytesWritten;
      this.#waiting -= bytesWritten;
      rest = after(rest, bytesWritten);
    }
    this.#written += this.#batch.written;
  }

  async #fail(error: unknown): Promise<void> {
    this.#failed = true;
    this.#queue = [];
    this.#waiting = 0;
    let whole = this.#written;
    let left = this.#batch.written;
    for (const length of this.#batch.lengths) {
      if (left < length) break;
      whole += length;
      left -= length;
    }
    // Truncating may fail as well: a reader notices where the file breaks off.
    await this.#handle.truncate(whole).catch(() => {});
    await this.#handle.close().catch(() => {});
    this.#onFailure(whyUnwritten(error));
  }
}

export function unwrittenRecording(file: string, cause: unknown): PeerglassError {
  const message = `The recording cannot be written to ${fileText(file)} (${whyUnwritten(cause)}).`;
  return new PeerglassError('E_RECORDING', message, 'Choose another file.', { cause });
}

/** The pieces without their first bytes. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return pieces.flatMap(piece => {
    const rest = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}
