import type { Crc32 } from '../../core/crc32.js';
import type { Size } from '../../core/rectangle.js';
import { LOG, LOG_KIND } from './constants.js';
import { bodyOf, type LogEntry, messageOf, trailerOf } from './messages.js';

/** A part of a segment's whole picture: the number of the cell, and its rectangles as rfb sends them. */
export interface WrittenCell {
  readonly cell: number;
  readonly rectangles: readonly Uint8Array[];
}

/** Makes the bytes of a log, in the order in which they are written to its file (docs/log-format.md). */
export class LogWriter {
  readonly #epoch: Uint8Array;
  readonly #crc32: Crc32;
  #counter = 0;
  #n = 0;
  #offset = 0;
  readonly #entries: LogEntry[] = [];

  /** @param epoch eight random bytes */
  constructor(epoch: Uint8Array, crc32: Crc32) {
    this.#epoch = epoch;
    this.#crc32 = crc32;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#offset;
  }

  /** The number of the last update. */
  get n(): number {
    return this.#n;
  }

  get segments(): number {
    return this.#entries.length;
  }

  /** The beginning of the file. */
  begin(): Uint8Array {
    this.#offset += LOG.magic.length;
    return LOG.magic;
  }

  /**
   * Begins a segment with the whole picture as of the last update.
   * @param at Unix milliseconds, never less than before
   */
  segment(size: Size, name: string, at: number, cells: readonly WrittenCell[]): Uint8Array[] {
    const { width, height } = size;
    const n = this.#n;
    this.#entries.push({ offset: this.#offset, at, n });
    const meta = { k: this.#entries.length, n, at, width, height, name, cells: cells.length };
    return [
      this.#message(LOG_KIND.meta, bodyOf.meta(meta)),
      ...cells.map(({ cell, rectangles }) => this.#message(LOG_KIND.cell, bodyOf.cell(cell, n, rectangles))),
    ];
  }

  /** @param rectangles as rfb sends them, CopyRect first */
  update(at: number, rectangles: readonly Uint8Array[]): Uint8Array {
    this.#n++;
    return this.#message(LOG_KIND.update, bodyOf.update(this.#n, at, rectangles));
  }

  /** Notes that nothing has changed up to this time. */
  beat(at: number): Uint8Array {
    return this.#message(LOG_KIND.beat, bodyOf.beat(this.#n, at));
  }

  /** The index, which ends the file. */
  end(at: number): Uint8Array[] {
    const offset = this.#offset;
    const index = { endAt: at, n: this.#n, entries: this.#entries };
    const trailer = trailerOf(offset);
    const pieces = [this.#message(LOG_KIND.index, bodyOf.index(index)), trailer];
    this.#offset += trailer.length;
    return pieces;
  }

  #message(kind: number, body: readonly Uint8Array[]): Uint8Array {
    this.#counter++;
    const bytes = messageOf(kind, this.#epoch, this.#counter, body, this.#crc32);
    this.#offset += bytes.length;
    return bytes;
  }
}
