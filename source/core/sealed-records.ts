import { ByteReader } from './byte-reader.js';
import { joined } from './bytes.js';
import { GatheringStream, type Transport, type Written } from './transport.js';

/** How the records of one direction are made of bytes. */
export interface RecordSealer {
  /** The most bytes that one record carries. */
  readonly longest: number;
  /**
   * @param plain 1 to `longest` bytes, which may change as soon as this returns
   * @returns the next record, in pieces that do not change later
   */
  seal(plain: Uint8Array): readonly Uint8Array[];
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
/** Records that are handed on together: the other end opens them while the next ones are sealed. */
const RECORDS_PER_WRITE = 4;
/** Up to this size what is written is joined to one record, in one piece: copying costs less than a vectored write. */
const JOINED_BYTES = 4096;

/** All bytes, as the records that carry them, in pieces. */
export function sealed(sealer: RecordSealer, pieces: readonly Uint8Array[]): Uint8Array[] {
  const records: Uint8Array[] = [];
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const shared = new Uint8Array(pieces.length > 1 ? Math.min(bytes, sealer.longest) : 0);
  sealEach(sealer, pieces, shared, record => records.push(...record));
  return records;
}

/**
 * Seals all bytes, one record after the other.
 * @param shared room for what several pieces share: one record at most
 * @param each takes the pieces of each record
 */
function sealEach(
  sealer: RecordSealer,
  pieces: readonly Uint8Array[],
  shared: Uint8Array,
  each: (record: readonly Uint8Array[], last: boolean) => void,
): void {
  const { longest } = sealer;
  let left = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const seal = (plain: Uint8Array) => each(sealer.seal(plain), left === 0);
  // Small pieces share a record: each record costs as much as some hundred bytes. Large ones are not copied.
  let filled = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(piece.length - at, longest - filled);
      const part = piece.subarray(at, at + taken);
      at += taken;
      left -= taken;
      if (filled === 0 && (taken === longest || left === 0)) {
        seal(part);
        continue;
      }
      shared.set(part, filled);
      filled += taken;
      if (filled < longest && left > 0) continue;
      seal(shared.subarray(0, filled));
      filled = 0;
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
  /** Room for what shares a record. */
  #shared: Uint8Array | null = null;

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
    if (bytes <= JOINED_BYTES && bytes <= this.#sealer.longest) {
      const plain = pieces.length === 1 ? pieces[0]! : joined(pieces);
      this.#below.write(joined(this.#sealer.seal(plain)), told);
    } else this.#sendRecords(pieces, told);
  }

  #sendRecords(pieces: readonly Uint8Array[], told: Written): void {
    const below = this.#below;
    this.#shared ??= new Uint8Array(this.#sealer.longest);
    let records = 0;
    below.cork();
    sealEach(this.#sealer, pieces, this.#shared, (record, last) => {
      const end = record.length - 1;
      for (let index = 0; index < end; index++) below.write(record[index]!);
      below.write(record[end]!, last ? told : undefined);
      if (++records % RECORDS_PER_WRITE > 0 || last) return;
      below.uncork();
      below.cork();
    });
    below.uncork();
  }

  /** The record that an earlier chunk began is completed; those that are whole in this one are opened in place. */
  #received(chunk: Uint8Array): void {
    const reader = this.#reader;
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
