import { Duplex } from 'node:stream';
import type { ByteReader } from '../../source/core/byte-reader.js';

/** Two ends of a connection that delivers what is written at one end to the other, `piece` bytes at a time. */
export function duplexPair(piece = 1): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const end = (other: number) =>
    new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        for (let at = 0; at < chunk.length; at += piece) ends[other]!.push(chunk.subarray(at, at + piece));
        done();
      },
      final(done) {
        ends[other]!.push(null);
        done();
      },
    });
  ends.push(end(1), end(0));
  return [ends[0]!, ends[1]!];
}

/** Pushes the bytes one by one and calls `step` after each, as a session would. */
export function feedByteByByte(reader: ByteReader, bytes: Uint8Array, step: () => void): void {
  for (let at = 0; at < bytes.length; at++) {
    reader.push(bytes.subarray(at, at + 1));
    step();
  }
}
