import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../source/core/byte-reader.js';
import { CountedOpener, CountedSealer, CPACE_RECORDS, LONGEST_RECORD } from '../../source/core/counted-records.js';
import { cipherByLength, SHORT_MESSAGE } from '../../source/core/record-cipher.js';
import { SealedRecords, sealed } from '../../source/core/sealed-records.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { createNodeCipher, RECORD_CIPHERS } from '../../source/node/record-ciphers.js';
import { kernelChaCha20 } from '../../source/pixels/kernel-chacha20.js';
import { duplexPair } from '../helpers/one-byte-duplex.js';
import { sealedBy } from '../helpers/sealed-records.js';

const MEMORY = createPixelMemory();
/** As two peerglass use it, and with OpenSSL's for short records, too. */
const BY_LENGTH = [kernelChaCha20(MEMORY), RECORD_CIPHERS[1]].map(short => cipherByLength(RECORD_CIPHERS[0], short));
const KEY = randomBytes(64);
const soon = (callback: () => void) => void setImmediate(callback);

/** Without calls of OpenSSL's functions. */
const BY_NODE = { ...RECORD_CIPHERS[0], create: (key: Uint8Array) => createNodeCipher('aes-256-gcm', key) };

describe.each([...RECORD_CIPHERS, BY_NODE, ...BY_LENGTH])('records with $name ($number)', cipher => {
  const create = (key: Uint8Array) => cipher.create(key.subarray(0, cipher.keyLength));
  const sealer = () => new CountedSealer(create(KEY), CPACE_RECORDS);
  const texts = [1, 2, SHORT_MESSAGE, LONGEST_RECORD].map(length => randomBytes(length));

  /** Each text in a record of its own. */
  function records(): Buffer[] {
    const one = sealer();
    return texts.map(text => Buffer.from(sealed(one, [text])));
  }

  function opened(bytes: Uint8Array, key: Uint8Array = KEY): Buffer[] {
    const [reader, opener] = [new ByteReader(), new CountedOpener(create(key), CPACE_RECORDS)];
    reader.push(bytes);
    const found: Buffer[] = [];
    for (let text = opener.open(reader); text; text = opener.open(reader)) found.push(Buffer.from(text));
    return found;
  }

  it('open to what was sealed, in order', () => {
    const all = Buffer.concat(records());
    expect(opened(all).map(text => text.toString('hex'))).toEqual(texts.map(text => text.toString('hex')));
    expect(all.length).toBe(texts.reduce((sum, { length }) => sum + length + 18, 0));
  });

  it('wait for the whole of one', () => {
    const [reader, opener] = [new ByteReader(), new CountedOpener(create(KEY), CPACE_RECORDS)];
    const [, , record] = records();
    const first = records().slice(0, 2);
    reader.push(Buffer.concat(first));
    for (let index = 0; index < first.length; index++) opener.open(reader);
    for (const byte of record!.subarray(0, -1)) {
      reader.push(Uint8Array.of(byte));
      expect(opener.open(reader)).toBeUndefined();
    }
    reader.push(record!.subarray(-1));
    expect(Buffer.from(opener.open(reader)!).equals(texts[2]!)).toBe(true);
  });

  it.each<[string, (sent: Buffer[]) => Buffer[]]>([
    ['left out', ([, ...rest]) => rest],
    ['repeated', ([first, ...rest]) => [first!, first!, ...rest]],
    ['in another order', ([first, second, ...rest]) => [second!, first!, ...rest]],
    ['changed', ([first, ...rest]) => [first!.map(byte => byte ^ 1) as Buffer, ...rest]],
    ['longer by a byte', ([first, ...rest]) => [Buffer.from([0, 2, ...first!.subarray(2)]), ...rest]],
    ['empty', sent => [Buffer.alloc(18), ...sent]],
    ['too long', sent => [Buffer.from([0x80, 1]), ...sent]],
  ])('that are %s end it', (_, change) => {
    const bytes = Buffer.concat(change(records()));
    expect(() => opened(bytes)).toThrow(expect.objectContaining({ code: 'E_RFB_PROTOCOL' }));
  });

  it('of another key end it', () => {
    expect(() => opened(Buffer.concat(records()), randomBytes(64))).toThrow(/changed on its way/);
  });

  it('have nonces that count beyond 32 bits, and never repeat', () => {
    const nonces: string[] = [];
    const recorder = {
      seal: (nonce: Uint8Array) => void nonces.push(Buffer.from(nonce).toString('hex')),
      open: () => null,
    };
    const one = new CountedSealer(recorder, CPACE_RECORDS);
    for (let index = 0; index < 300; index++) sealed(one, [Uint8Array.of(1)]);
    expect(new Set(nonces).size).toBe(300);
    expect([nonces[0], nonces[1], nonces[256]]).toEqual([
      '000000000000000000000000',
      '000000000000000000000001',
      '000000000000000000000100',
    ]);
  });

  it('that are many and small are opened in turns with other work', async () => {
    const [left, right] = duplexPair(1_000_000);
    left.pause();
    right.pause();
    const layer = () => ({ sealer: sealer(), opener: new CountedOpener(create(KEY), CPACE_RECORDS), soon });
    const other = new SealedRecords(right, new Uint8Array(0), layer());
    const one = sealer();
    const flood = Buffer.concat(Array.from({ length: 1000 }, () => sealed(one, [Uint8Array.of(7)])));
    let heard = 0;
    const most: number[] = [];
    let ended = false;
    other.on('data', (chunk: Uint8Array) => {
      heard += chunk.length;
    });
    other.on('end', () => {
      ended = true;
    });
    other.resume();
    left.end(flood);
    for (let turns = 0; !ended && turns < 1000; turns++) {
      const before = heard;
      await new Promise(resolve => setImmediate(resolve));
      most.push(heard - before);
    }
    expect(heard).toBe(1000);
    expect(Math.max(...most)).toBeLessThanOrEqual(64);
  });
});

describe("ciphers for records, by their authors' vectors", () => {
  const bytes = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

  it.each<[number, string, Record<'key' | 'nonce' | 'header' | 'plain' | 'sealed', Buffer>]>([
    [
      1,
      'GCM, test case 16 (McGrew, Viega)',
      {
        key: bytes('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
        nonce: bytes('cafebabefacedbaddecaf888'),
        header: bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
        plain: bytes(`d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
          1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39`),
        sealed: bytes(`522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
          8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b`),
      },
    ],
    [
      2,
      'RFC 8439, 2.8.2',
      {
        key: bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
        nonce: bytes('070000004041424344454647'),
        header: bytes('50515253c0c1c2c3c4c5c6c7'),
        plain: Buffer.from(
          "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
        ),
        sealed: bytes(`d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
          3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
          92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
          3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691`),
      },
    ],
  ])('%i: %s', (number, _, { key, nonce, header, plain, sealed: expected }) => {
    const cipher = RECORD_CIPHERS.find(each => each.number === number)!.create(key);
    expect(sealedBy(cipher, nonce, header, plain).toString('hex')).toBe(expected.toString('hex'));
    expect(Buffer.from(cipher.open(nonce, header, expected)!).equals(plain)).toBe(true);
    for (const at of [0, plain.length, expected.length - 1]) {
      const changed = expected.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(cipher.open(nonce, header, changed)).toBeNull();
    }
    expect(cipher.open(nonce, header.subarray(1), expected)).toBeNull();
    expect(cipher.open(nonce, header, expected.subarray(0, 15))).toBeNull();
  });
});

describe('a cipher for each length', () => {
  const [aes, chaCha20] = RECORD_CIPHERS;
  const [forLong, forShort] = [KEY.subarray(0, 32), KEY.subarray(32)];
  const [nonce, header] = [randomBytes(12), Uint8Array.of(0, 5)];

  it.each([1, SHORT_MESSAGE, SHORT_MESSAGE + 1, LONGEST_RECORD])('is the same at both ends for %i bytes', length => {
    const plain = randomBytes(length);
    const only = length <= SHORT_MESSAGE ? chaCha20.create(forShort) : aes.create(forLong);
    const message = sealedBy(only, nonce, header, plain);
    for (const both of BY_LENGTH) {
      const made = both.create(KEY);
      expect(sealedBy(made, nonce, header, plain).equals(message)).toBe(true);
      expect(Buffer.from(made.open(nonce, header, message)!).equals(plain)).toBe(true);
      expect(made.open(nonce, header, message.subarray(0, 15))).toBeNull();
    }
  });
});
