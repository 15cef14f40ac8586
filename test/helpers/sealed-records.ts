import { ByteReader } from '../../source/core/byte-reader.js';
import { StreamListeners, type Transport } from '../../source/core/transport.js';

const MARK = 0x5a;
const LONGEST = 0xffff;

/** Bytes as they are sealed: each is changed by its place, so that sealing it again opens it. */
function seal(bytes: Uint8Array, position: number): Uint8Array {
  for (let at = 0; at < bytes.length; at++) bytes[at]! ^= ((position + at) * 31 + 7) & 0xff;
  return bytes;
}

/** The records of these bytes, as the first that are written over a stream. */
export function sealed(bytes: Uint8Array, position = 0): Uint8Array {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += LONGEST) {
    const piece = seal(Uint8Array.from(bytes.subarray(at, at + LONGEST)), position + at);
    records.push(Uint8Array.of(MARK, piece.length >> 8, piece.length & 0xff), piece);
  }
  return Buffer.concat(records);
}

/** A stream of records over another one, as the RA2 security types have it, with a toy for a cipher. */
export class SealedRecords implements Transport {
  readonly #listeners = new StreamListeners();
  readonly #reader = new ByteReader();
  readonly #below: Transport;
  #paused = true;
  #over = false;
  #opened = 0;
  #sealed = 0;

  constructor(below: Transport, unread: Uint8Array) {
    this.#below = below;
    this.#reader.push(unread);
    below.on('data', chunk => {
      this.#reader.push(chunk);
      this.#deliver();
    });
    below.on('end', () => {
      this.#over = true;
      this.#deliver();
    });
    below.on('error', error => this.#listeners.tell('error', error));
    below.on('close', () => this.#listeners.tell('close'));
    below.on('drain', () => this.#listeners.tell('drain'));
  }

  on(event: string, listener: (value: never) => void): void {
    this.#listeners.add(event, listener);
  }

  off(event: string, listener: (value: never) => void): void {
    this.#listeners.remove(event, listener);
  }

  pause(): void {
    this.#paused = true;
    this.#below.pause();
  }

  resume(): void {
    this.#paused = false;
    void Promise.resolve().then(() => {
      this.#deliver();
      if (!this.#paused) this.#below.resume();
    });
  }

  write(bytes: Uint8Array, written?: (error?: Error | null) => void): void {
    this.#below.write(sealed(bytes, this.#sealed), written);
    this.#sealed += bytes.length;
  }

  cork(): void {
    this.#below.cork();
  }

  uncork(): void {
    this.#below.uncork();
  }

  end(): void {
    this.#below.end();
  }

  destroy(): void {
    this.#below.destroy();
  }

  get writableLength(): number {
    return this.#below.writableLength;
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

  #deliver(): void {
    while (!this.#paused && !this.destroyed) {
      const record = this.#reader.attempt(() => {
        const mark = this.#reader.u8();
        return mark === MARK ? this.#reader.bytes(this.#reader.u16()) : null;
      });
      if (record === undefined) break;
      if (record === null) {
        this.#listeners.tell('error', new Error('a record that is none'));
        this.destroy();
        break;
      }
      this.#opened += record.length;
      this.#listeners.tell('data', seal(record, this.#opened - record.length));
    }
    if (!this.#paused && this.#over) {
      this.#over = false;
      this.#listeners.tell('end');
    }
  }
}
