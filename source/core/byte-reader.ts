import { viewOf } from './bytes.js';

/** Thrown by reads inside `attempt` when bytes are missing. Thrown often, so it is a single object without a stack. */
const PENDING = Symbol('pending');

const SMALLEST = 4096;

/**
 * The one contract for reading from a peer, however its bytes are split: ask for N bytes, and either they are
 * there or the whole attempt is undone and answers "pending" (`undefined`).
 *
 * ```ts
 * reader.push(chunk);
 * for (;;) {
 *   const message = reader.attempt(() => ({ kind: reader.u8(), body: reader.bytes(reader.u32()) }));
 *   if (message === undefined) break; // the next chunk continues from the same place
 * }
 * ```
 *
 * All numbers are big-endian. The unread bytes lie in one block that grows to what was asked for and no further than
 * `limit`; a length from a peer must be checked before asking for that many bytes.
 */
export class ByteReader {
  readonly limit: number;
  #block = new Uint8Array(0);
  #view: DataView = viewOf(this.#block);
  #start = 0;
  #end = 0;
  #before = 0;
  /** The reader's own block, while it reads a chunk that was lent. */
  #own: Uint8Array<ArrayBuffer> | null = null;

  /** @param limit the most unread bytes to keep */
  constructor(limit = 64 * 1024 * 1024) {
    this.limit = limit;
  }

  /** Unread bytes. */
  get available(): number {
    return this.#end - this.#start;
  }

  /** Bytes read since the beginning. */
  get consumed(): number {
    return this.#before + this.#start;
  }

  /**
   * Appends what arrived (copied). Ends the validity of every earlier result of `bytes` and `peekBytes`.
   * @throws RangeError when more than `limit` bytes would be unread: the caller must read before it receives more
   */
  push(chunk: Uint8Array): void {
    this.keep();
    if (this.#end + chunk.length > this.#block.length) this.#makeRoom(chunk.length);
    this.#block.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * As `push`, but where nothing is unread the chunk is not copied: it is read in place until `keep`, before which it must
   * not change.
   */
  lend(chunk: Uint8Array): void {
    if (this.available > 0) {
      this.push(chunk);
      return;
    }
    const own = this.#own ?? this.#block;
    // A buffer of Node's own kind would make all readers slower.
    this.#use(new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.length), chunk.length);
    this.#own = own;
  }

  /** Copies what is unread of a chunk that was lent. Ends the validity of earlier results, as `push` does. */
  keep(): void {
    const own = this.#own;
    if (!own) return;
    const unread = this.#block.subarray(this.#start, this.#end);
    this.#use(own, 0);
    if (unread.length > 0) this.push(unread);
  }

  /**
   * Runs `parse`. If it needs more bytes than there are, all its reads are undone and the result is undefined. Other
   * errors are passed on. May be nested.
   */
  attempt<T>(parse: () => T): T | undefined {
    const start = this.#start;
    try {
      return parse();
    } catch (thrown) {
      if (thrown !== PENDING) throw thrown;
      this.#start = start;
      return undefined;
    }
  }

  u8(): number {
    return this.#block[this.#take(1)]!;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  s32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** An unsigned number of `length` bytes, 1 to 6. */
  uint(length: number): number {
    const at = this.#take(length);
    let value = 0;
    for (let index = at; index < at + length; index++) value = value * 256 + this.#block[index]!;
    return value;
  }

  /** The next `length` bytes as a view that is valid until the next `push`. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(length);
    return this.#block.subarray(at, at + length);
  }

  /** All unread bytes, as a copy. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.bytes(this.available).slice();
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** The byte `offset` bytes ahead, without reading it. */
  peek(offset = 0): number {
    this.#need(offset + 1);
    return this.#block[this.#start + offset]!;
  }

  /** The next 16 bits, without reading them. */
  peekU16(): number {
    this.#need(2);
    return this.#view.getUint16(this.#start);
  }

  /** The next `length` bytes, without reading them, as a view that is valid until the next `push`. */
  peekBytes(length: number): Uint8Array<ArrayBuffer> {
    this.#need(length);
    return this.#block.subarray(this.#start, this.#start + length);
  }

  #take(length: number): number {
    this.#need(length);
    const at = this.#start;
    this.#start += length;
    return at;
  }

  #need(length: number): void {
    if (length <= this.#end - this.#start) return;
    if (length > this.limit) throw new RangeError(`${length} bytes requested, more than the limit ${this.limit}`);
    throw PENDING;
  }

  /** Moves the unread bytes to the front of the block, or of a larger one, so that `length` more fit. */
  #makeRoom(length: number): void {
    const unread = this.#end - this.#start;
    const needed = unread + length;
    if (needed > this.limit) throw new RangeError(`${needed} unread bytes, more than the limit ${this.limit}`);
    // At least half empty; otherwise moving the rest to the front again and again would cost too much.
    if (needed <= this.#block.length / 2 || this.#block.length >= this.limit) {
      this.#block.copyWithin(0, this.#start, this.#end);
    } else {
      const larger = new Uint8Array(Math.min(Math.max(needed * 2, SMALLEST), this.limit));
      larger.set(this.#block.subarray(this.#start, this.#end));
      this.#block = larger;
      this.#view = viewOf(larger);
    }
    this.#before += this.#start;
    this.#start = 0;
    this.#end = unread;
  }

  /** Goes on with another block, which has that many unread bytes. */
  #use(block: Uint8Array<ArrayBuffer>, unread: number): void {
    this.#own = null;
    this.#block = block;
    this.#view = viewOf(block);
    this.#before += this.#start;
    this.#start = 0;
    this.#end = unread;
  }
}
