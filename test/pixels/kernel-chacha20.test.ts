import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../source/core/byte-reader.js';
import { CountedOpener, CountedSealer, CPACE_RECORDS, LONGEST_RECORD } from '../../source/core/counted-records.js';
import { CHACHA20_POLY1305 } from '../../source/core/record-cipher.js';
import { sealed } from '../../source/core/sealed-records.js';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { RECORD_CIPHERS } from '../../source/node/record-ciphers.js';
import { kernelChaCha20 } from '../../source/pixels/kernel-chacha20.js';
import { sealedBy } from '../helpers/sealed-records.js';

const memory = createPixelMemory();
const inPage = kernelChaCha20(memory);
const inNode = RECORD_CIPHERS.find(({ number }) => number === CHACHA20_POLY1305.number)!;

describe("the page's cipher for records", () => {
  it('is the one that shares know by that number', () => {
    expect(inPage).toMatchObject({ number: inNode.number, name: inNode.name });
  });

  it.each([
    ['page to share', inPage, inNode],
    ['share to page', inNode, inPage],
  ])('seals for the other end: %s', (_, from, to) => {
    const key = randomBytes(32);
    const sealer = new CountedSealer(from.create(key), CPACE_RECORDS);
    const opener = new CountedOpener(to.create(key), CPACE_RECORDS);
    const reader = new ByteReader();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LONGEST_RECORD }), fc.integer({ min: 0, max: 255 }), (length, value) => {
        const plain = new Uint8Array(length).map((_byte, at) => value ^ (at * 7));
        reader.push(sealed(sealer, [plain]));
        expect(Buffer.from(opener.open(reader)!).equals(plain)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps connections apart that share its place to work in', () => {
    const [first, second] = [randomBytes(32), randomBytes(32)].map(key => inPage.create(key));
    const [nonce, header, plain] = [randomBytes(12), Uint8Array.of(0, 5), Buffer.from('hello')];
    const message = sealedBy(first!, nonce, header, plain);
    expect(second!.open(nonce, header, message)).toBe(null);
    expect(Buffer.from(first!.open(nonce, header, message)!).toString()).toBe('hello');
    expect(first!.open(nonce, header, message.subarray(0, 3))).toBe(null);
  });
});
