import { randomBytes } from 'node:crypto';
import { ByteReader } from '../../core/byte-reader.js';
import { CountedOpener, CountedSealer, CPACE_RECORDS } from '../../core/counted-records.js';
import { area, type Size } from '../../core/rectangle.js';
import { type RecordOpener, type RecordSealer, SealedRecords, sealed } from '../../core/sealed-records.js';
import type { Transport } from '../../core/transport.js';
import { AesEax } from '../../node/aes-eax.js';
import { RSA_AES_RECORDS } from '../../protocols/rfb/security/rsa-aes-records.js';
import { NodeCPace } from '../../session/cpace-platform.js';
import type { MicroCase } from './micro-case.js';

/** Of a film at 1920x1080. */
const BYTES_A_PIXEL = 0.3;
const CELL = 4632;
/** A letter that was typed, many times: one alone is over too soon to be timed. */
const LETTERS = { bytes: 90, count: 100 } as const;

/** Takes everything at once, and sends it nowhere. */
const NOWHERE: Transport = {
  ...{ on() {}, off() {}, pause() {}, resume() {}, cork() {}, uncork() {}, end() {}, destroy() {} },
  ...{ writableLength: 0, writableNeedDrain: false, destroyed: false, writable: true },
  write: (_bytes, written) => written?.(),
};

interface Kind {
  readonly name: string;
  readonly sealer: () => RecordSealer;
  readonly opener: () => RecordOpener;
}

function kinds(): Kind[] {
  const byNumber = new NodeCPace(null).ciphers.map(({ number, keyLength, create }): Kind => {
    const key = randomBytes(keyLength);
    return {
      name: `CPace, cipher ${number}`,
      sealer: () => new CountedSealer(create(key), CPACE_RECORDS),
      opener: () => new CountedOpener(create(key), CPACE_RECORDS),
    };
  });
  const key = randomBytes(32);
  const eax: Kind = {
    name: 'RSA-AES',
    sealer: () => new CountedSealer(new AesEax(key), RSA_AES_RECORDS),
    opener: () => new CountedOpener(new AesEax(key), RSA_AES_RECORDS),
  };
  return [...byNumber, eax];
}

/** Records that carry a frame of a film in cells, and letters one after the other. */
export function recordCases(size: Size): MicroCase[] {
  const frame = Array.from({ length: Math.ceil((area(size) * BYTES_A_PIXEL) / CELL) }, () => randomBytes(CELL));
  const letters = Array.from({ length: LETTERS.count }, () => randomBytes(LETTERS.bytes));
  return kinds().flatMap(kind => [
    ...casesOf(kind, 'a frame of a film', area(size), [frame]),
    ...casesOf(
      kind,
      `${LETTERS.count} letters`,
      LETTERS.count,
      letters.map(letter => [letter]),
    ),
  ]);
}

/** @param writes each in records of its own */
function casesOf(
  { name, sealer, opener }: Kind,
  what: string,
  pixels: number,
  writes: readonly (readonly Uint8Array[])[],
): MicroCase[] {
  const bytes = writes.flat().reduce((sum, piece) => sum + piece.length, 0);
  const [other, opening] = [sealer(), opener()];
  const layer = { sealer: sealer(), opener: opener(), soon: () => {} };
  const stream = new SealedRecords(NOWHERE, new Uint8Array(0), layer);
  let reader = new ByteReader();
  return [
    {
      name: `records seal, ${name}, ${what}`,
      pixels,
      bytes,
      run: () => {
        for (const pieces of writes) {
          stream.cork();
          for (const piece of pieces) stream.write(piece);
          stream.uncork();
        }
      },
    },
    {
      name: `records open, ${name}, ${what}`,
      pixels,
      bytes,
      prepare: () => {
        reader = new ByteReader();
        for (const pieces of writes) reader.push(sealed(other, pieces));
      },
      run: () => {
        let opened = opening.open(reader);
        while (opened) opened = opening.open(reader);
      },
    },
  ];
}
