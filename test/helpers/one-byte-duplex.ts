import { Duplex } from 'node:stream';
import type { ByteReader } from '../../source/core/byte-reader.js';

/** Holds the second end's writes back while it is closed, as if the first end did not read. */
export class Gate {
  #closed = false;
  #waiting: (() => void)[] = [];

  close(): void {
    this.#closed = true;
  }

  open(): void {
    this.#closed = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  pass(go: () => void): void {
    if (this.#closed) this.#waiting.push(go);
    else go();
  }
}

/** The two ends of a connection that delivers everything `piece` bytes at a time. */
export function duplexPair(piece = 1, gate = new Gate()): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const end = (other: number) =>
    new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        const deliver = () => {
          for (let at = 0; at < chunk.length; at += piece) ends[other]!.push(chunk.subarray(at, at + piece));
          done();
        };
        if (other === 0) gate.pass(deliver);
        else deliver();
      },
      final(done) {
        ends[other]!.push(null);
        done();
      },
    });
  ends.push(end(1), end(0));
  return [ends[0]!, ends[1]!];
}

/** Pushes the bytes one by one and calls `step` after each, like a session. */
export function feedByteByByte(reader: ByteReader, bytes: Uint8Array, step: () => void): void {
  for (let at = 0; at < bytes.length; at++) {
    reader.push(bytes.subarray(at, at + 1));
    step();
  }
}
