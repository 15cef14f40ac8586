import { createCipheriv, createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createPixelMemory } from '../../source/node/load-kernels.js';
import { CHACHA20_SCRATCH } from '../../source/pixels/kernels.js';

const memory = createPixelMemory();
const MOST = 40_000;
const block = {
  key: memory.allocate(32),
  nonce: memory.allocate(12),
  header: memory.allocate(512),
  data: memory.allocate(MOST + 16),
  scratch: memory.allocate(CHACHA20_SCRATCH),
};
afterAll(() => {
  for (const pointer of Object.values(block)) memory.free(pointer);
});

interface Sealed {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly header: Uint8Array;
}

function load({ key, nonce, header }: Sealed, data: Uint8Array): void {
  memory.bytes(block.key, 32).set(key);
  memory.bytes(block.nonce, 12).set(nonce);
  memory.bytes(block.header, header.length).set(header);
  memory.bytes(block.data, data.length).set(data);
}

function seal(about: Sealed, plain: Uint8Array): Buffer {
  load(about, plain);
  const { key, nonce, header, data, scratch } = block;
  memory.kernels.sealChaCha20Poly1305(key, nonce, header, about.header.length, data, plain.length, scratch);
  return Buffer.from(memory.bytes(data, plain.length + 16));
}

function open(about: Sealed, sealed: Uint8Array): Buffer | null {
  load(about, sealed);
  const { key, nonce, header, data, scratch } = block;
  const length = sealed.length - 16;
  const opened = memory.kernels.openChaCha20Poly1305(key, nonce, header, about.header.length, data, length, scratch);
  if (opened) return Buffer.from(memory.bytes(data, length));
  expect(Buffer.from(memory.bytes(data, sealed.length)).equals(sealed)).toBe(true);
  return null;
}

function nodeSeal({ key, nonce, header }: Sealed, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  cipher.setAAD(header, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function nodeOpen({ key, nonce, header }: Sealed, sealed: Uint8Array): Buffer {
  const cipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  cipher.setAAD(header, { plaintextLength: sealed.length - 16 });
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const about = fc.record({ key: bytes(32), nonce: bytes(12), header: fc.uint8Array({ maxLength: 60 }) });
const plain = fc
  .tuple(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: MOST })), fc.uint8Array({ minLength: 1 }))
  .map(([length, pattern]) => Uint8Array.from({ length }, (_, at) => pattern[at % pattern.length]! ^ (at >> 8)));

describe('ChaCha20-Poly1305', () => {
  it('seals the example of RFC 8439, 2.8.2, to the byte', () => {
    const example = {
      key: Uint8Array.from({ length: 32 }, (_, at) => 0x80 + at),
      nonce: Buffer.from('070000004041424344454647', 'hex'),
      header: Buffer.from('50515253c0c1c2c3c4c5c6c7', 'hex'),
    };
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const sealed = seal(example, Buffer.from(text));
    expect(sealed.toString('hex')).toBe(
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
    );
    expect(open(example, sealed)?.toString()).toBe(text);
  });

  it('sums as RFC 8439, A.3, at the edges of the prime', () => {
    // Node's own sums are compared below; here a message of ones brings every limb to its limit.
    for (let length = 0; length <= 200; length++) {
      const edge = {
        key: new Uint8Array(32).fill(0xff),
        nonce: new Uint8Array(12).fill(0xff),
        header: new Uint8Array(0),
      };
      const ones = new Uint8Array(length).fill(0xff);
      expect(seal(edge, ones).equals(nodeSeal(edge, ones)), `${length} bytes`).toBe(true);
    }
  });

  it('seals and opens as node:crypto does', () => {
    fc.assert(
      fc.property(about, plain, (settings, text) => {
        const sealed = seal(settings, text);
        expect(sealed.equals(nodeSeal(settings, text))).toBe(true);
        expect(nodeOpen(settings, sealed).equals(text)).toBe(true);
        expect(open(settings, sealed)?.equals(text)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('opens nothing in which a bit was changed, and leaves that as it is', () => {
    fc.assert(
      fc.property(about, plain, fc.nat(), fc.integer({ min: 0, max: 7 }), (settings, text, place, bit) => {
        const sealed = seal(settings, text);
        sealed[place % sealed.length]! ^= 1 << bit;
        expect(open(settings, sealed)).toBe(null);
        if (settings.header.length === 0) return;
        const other = Uint8Array.from(settings.header);
        other[place % other.length]! ^= 1 << bit;
        expect(open({ ...settings, header: other }, seal(settings, text))).toBe(null);
      }),
    );
  });
});
