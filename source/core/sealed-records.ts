import { BufferPool } from './buffer-pool.js';
import { ByteReader } from './byte-reader.js';
import { GatheringStream, type Transport, type Written } from './transport.js';

/** How the records of one direction are made of bytes. */
export interface RecordSealer {
  /** The most bytes that one record carries. */
  readonly longest: number;
  /** Bytes of a record in front of those that it carries, and behind them. */
  readonly head: number;
  readonly tail: number;
  /**
   * Makes the next record where its bytes lie.
   * @param record room for `head` bytes, the 1 to `longest` bytes to carry, room for `tail` bytes
   */
  seal(record: Uint8Array): void;
}

/** How bytes are made of the records of the other direction. */
export interface RecordOpener {
  /**
   * What the next record carries; undefined: it is not there yet.
   * @throws PeerglassError for a record that the peer did not seal
   */
  open(reader: ByteReader): Uint8Array | undefined;
  /** How many bytes must come, at least, before the next record is there; 0: it is. */
  missing(reader: ByteReader): number;
}

/** What a stream of records is made with. */
export interface RecordLayer {
  readonly sealer: RecordSealer;
  readonly opener: RecordOpener;
  /** Calls back after all pending work has had its turn. */
  soon(callback: () => void): void;
}

/**
 * The most records that are opened in one turn. Each costs some microseconds however few bytes it carries, so a peer that
 * sends many small ones would hold up everybody else.
 */
const RECORDS_PER_TURN = 64;
/** About as many bytes are handed on together: the other end opens them while the next ones are sealed. */
const WRITE_BYTES = 131_072;
/** From this length on, records are made in memory that is used again: its pieces are at most twice as long. */
const POOLED_BYTES = 16_384;
/** From this length on, a chunk is opened where it lies: below, copying it costs less than the views of it. */
const LENT_BYTES = 4096;

/** Memory for records until the system has them, of all streams of this thread. */
const blocks = new BufferPool(1024 * 1024);

/** All bytes, as the records that carry them. */
export function sealed(sealer: RecordSealer, pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const records = new Uint8Array(sealedLength(sealer, bytes));
  sealNext(sealer, new Pieces(pieces), bytes, records);
  return records;
}

function sealedLength({ longest, head, tail }: RecordSealer, bytes: number): number {
  return bytes + Math.ceil(bytes / longest) * (head + tail);
}

/** Seals the next so many bytes to a block that has room for their records. */
function sealNext(sealer: RecordSealer, pieces: Pieces, bytes: number, block: Uint8Array): void {
  const { longest, head, tail } = sealer;
  let end = 0;
  for (let left = bytes; left > 0; ) {
    const carried = Math.min(left, longest);
    const begin = end;
    end += head + carried + tail;
    left -= carried;
    pieces.copy(block, begin + head, carried);
    sealer.seal(block.subarray(begin, end));
  }
}

/** Bytes in pieces, copied from the first to the last. */
class Pieces {
  readonly #pieces: readonly Uint8Array[];
  #index = 0;
  /** Bytes of the piece at `#index` that are copied. */
  #begun = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
  }

  copy(target: Uint8Array, at: number, length: number): void {
    const end = at + length;
    for (let to = at; to < end; ) {
      const piece = this.#pieces[this.#index]!;
      const from = this.#begun;
      const taken = Math.min(piece.length - from, end - to);
      target.set(taken === piece.length ? piece : piece.subarray(from, from + taken), to);
      to += taken;
      const isWhole = from + taken === piece.length;
      if (isWhole) this.#index++;
      this.#begun = isWhole ? 0 : from + taken;
    }
  }
}

/**
 * A stream of encrypted records over another stream. Received data is delivered once a record is complete and verified;
 * a record that fails verification ends the stream.
 */
export class SealedRecords extends GatheringStream implements Transport {
  readonly #reader = new ByteReader();
  readonly #below: Transport;
  readonly #sealer: RecordSealer;
  readonly #opener: RecordOpener;
  readonly #soon: RecordLayer['soon'];
  #paused = true;
  /** The next turn goes on with what has come. */
  #waiting = false;
  /** Bytes of opened records that are not delivered yet; null: none. */
  #early: Uint8Array | null;
  #ended = false;
  #failed = false;
  #written: Written[] = [];

  /**
   * @param unread records that came over `below` already
   * @param early bytes that came before those records
   */
  constructor(below: Transport, unread: Uint8Array, records: RecordLayer, early: Uint8Array = new Uint8Array(0)) {
    super();
    this.#below = below;
    this.#sealer = records.sealer;
    this.#opener = records.opener;
    this.#soon = callback => records.soon(callback);
    this.#early = early.length > 0 ? early : null;
    this.#reader.push(unread);
    below.on('data', chunk => this.#received(chunk));
    below.on('end', () => {
      this.#ended = true;
      this.#deliver();
    });
    below.on('error', error => this.listeners.tell('error', error));
    below.on('close', () => this.listeners.tell('close'));
    below.on('drain', () => this.listeners.tell('drain'));
  }

  pause(): void {
    this.#paused = true;
    this.#below.pause();
  }

  resume(): void {
    this.#paused = false;
    void Promise.resolve().then(() => {
      this.#deliver();
      if (!this.#paused && !this.#waiting) this.#below.resume();
    });
  }

  write(bytes: Uint8Array, written?: Written): void {
    if (written) this.#written.push(written);
    this.gather(bytes);
  }

  end(): void {
    this.flush();
    this.#below.end();
  }

  destroy(): void {
    this.#below.destroy();
  }

  get writableLength(): number {
    return this.gatheredBytes + this.#below.writableLength;
  }

  get writableNeedDrain(): boolean {
    return this.#below.writableNeedDrain;
  }

  get sendsLater(): boolean {
    return this.#below.sendsLater ?? false;
  }

  get destroyed(): boolean {
    return this.#below.destroyed;
  }

  get writable(): boolean {
    return this.#below.writable;
  }

  protected send(pieces: readonly Uint8Array[], bytes: number): void {
    const written = this.#written;
    this.#written = [];
    const told: Written = error => {
      for (const each of written) each(error);
    };
    const source = new Pieces(pieces);
    // Of the same length: a short rest would cost a write of its own.
    const each = Math.ceil(bytes / Math.max(Math.round(bytes / WRITE_BYTES), 1));
    let left = bytes;
    do {
      const carried = Math.min(left, each);
      left -= carried;
      this.#sealNext(source, carried, left === 0 ? told : () => {});
    } while (left > 0);
  }

  #sealNext(source: Pieces, bytes: number, told: Written): void {
    const length = sealedLength(this.#sealer, bytes);
    const isPooled = length >= POOLED_BYTES;
    const block = isPooled ? blocks.take(length) : new Uint8Array(length);
    sealNext(this.#sealer, source, bytes, block);
    this.#below.write(isPooled ? block.subarray(0, length) : block, error => {
      if (isPooled && !error) blocks.release(block);
      told(error);
    });
  }

  /** The record that an earlier chunk began is completed; those that are whole in this one are opened in place. */
  #received(chunk: Uint8Array): void {
    const reader = this.#reader;
    if (chunk.length < LENT_BYTES) {
      reader.push(chunk);
      this.#deliver();
      return;
    }
    let at = 0;
    while (reader.available > 0 && this.#flows && at < chunk.length) {
      const end = Math.min(at + this.#opener.missing(reader), chunk.length);
      reader.push(chunk.subarray(at, end));
      at = end;
      this.#deliver();
    }
    reader.lend(chunk.subarray(at));
    this.#deliver();
    reader.keep();
  }

  #deliver(): void {
    for (let opened = 0; this.#flows; opened++) {
      if (opened === RECORDS_PER_TURN) {
        this.#wait();
        break;
      }
      const bytes = this.#next();
      if (bytes === undefined) break;
      if (bytes.length > 0) this.listeners.tell('data', bytes);
    }
    if (this.#paused || this.#waiting || this.#failed || !this.#ended) return;
    this.#ended = false;
    this.listeners.tell('end');
  }

  get #flows(): boolean {
    return !this.#paused && !this.#waiting && !this.#failed && !this.destroyed;
  }

  /** Nothing more is taken from the stream below until then. */
  #wait(): void {
    this.#waiting = true;
    this.#below.pause();
    this.#soon(() => {
      this.#waiting = false;
      this.#deliver();
      if (this.#flows) this.#below.resume();
    });
  }

  #next(): Uint8Array | undefined {
    const early = this.#early;
    this.#early = null;
    if (early) return early;
    try {
      return this.#opener.open(this.#reader);
    } catch (error) {
      this.#failed = true;
      this.listeners.tell('error', error instanceof Error ? error : new Error(String(error)));
      this.#below.destroy();
      return undefined;
    }
  }
}
