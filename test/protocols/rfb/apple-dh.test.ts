import {
  createDecipheriv,
  createDiffieHellmanGroup,
  createHash,
  type DiffieHellmanGroup,
  randomBytes,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { ClientHandshake } from '../../../source/protocols/rfb/client-handshake.js';
import { NO_TRUST, type Trust } from '../../../source/protocols/rfb/security/trust.js';
import { NodeRsaAes } from '../../../source/session/rsa-aes-platform.js';

const SIZE = 128;
/** A group of 1024 bits, as macOS has one. */
const GROUP = 'modp2';
const platform = new NodeRsaAes(null);

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(SIZE - bytes.length), bytes]);
}

function half(
  server: DiffieHellmanGroup,
  change: { size?: number; generator?: number; key?: Buffer; prime?: Buffer } = {},
) {
  const { size = SIZE, generator = server.getGenerator().at(-1)! } = change;
  const prime = change.prime ?? server.getPrime();
  const numbers = Buffer.alloc(4);
  numbers.writeUInt16BE(generator, 0);
  numbers.writeUInt16BE(size, 2);
  return Buffer.concat([numbers, sized(prime), sized(change.key ?? server.getPublicKey())]);
}

interface Given {
  readonly user?: string | null;
  readonly password?: string | null;
  readonly trust?: Partial<Trust>;
  readonly types?: readonly number[];
}

/** What the viewer sends after its banner, in pieces that arrive byte by byte. */
function answerTo(message: Buffer, given: Given = {}): Buffer[] {
  const { user = 'ada', password = 'sesame', trust = {}, types = [30, 33, 36] } = given;
  const handshake = new ClientHandshake({
    code: password,
    user,
    shared: true,
    rsaAes: platform,
    trust: { ...NO_TRUST, yes: ['anonymous'], forget: 'peerglass forget a', ...trust },
  });
  const reader = new ByteReader();
  const sent: Buffer[] = [];
  for (const byte of Buffer.concat([Buffer.from('RFB 003.889\n'), Buffer.from([types.length, ...types]), message])) {
    reader.push(Uint8Array.of(byte));
    for (let step = handshake.advance(reader); step; step = handshake.advance(reader)) {
      if (step.type === 'send') sent.push(Buffer.from(step.bytes));
    }
  }
  return sent.slice(1);
}

function newServer(): DiffieHellmanGroup {
  const server = createDiffieHellmanGroup(GROUP);
  server.generateKeys();
  return server;
}

describe('the login of macOS', () => {
  it('sends user and password so that the server alone can read them', () => {
    for (let times = 0; times < 5; times++) {
      const server = newServer();
      const [choice, answer] = answerTo(half(server), { user: 'Ada Ünal', password: 'x'.repeat(63) });
      expect([...choice!]).toEqual([30]);
      expect(answer!.length).toBe(128 + SIZE);
      const secret = sized(server.computeSecret(answer!.subarray(128)));
      const key = createHash('md5').update(secret).digest();
      const plain = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(answer!.subarray(0, 128));
      const text = (at: number) => plain.subarray(at, plain.indexOf(0, at)).toString();
      expect([text(0), text(64)]).toEqual(['Ada Ünal', 'x'.repeat(63)]);
      expect(answer!.includes('x'.repeat(8))).toBe(false);
    }
  });

  it.each<[string, readonly number[], number]>([
    ['RSA-AES, even for the login only', [30, 6, 2], 6],
    ['nothing that encrypts less', [2, 30, 1], 30],
  ])('is chosen after %s', (_, types, expected) => {
    expect([...answerTo(Buffer.alloc(0), { types })[0]!]).toEqual([expected]);
  });

  it.each<[string, Given, string]>([
    ['without a yes', { trust: { yes: [] } }, 'E_TRUST_REQUIRED'],
    ['without a user', { user: null }, 'E_USER_REQUIRED'],
    ['without a password', { password: null }, 'E_USER_REQUIRED'],
    ['if it is a code of peerglass', { password: 'kafem-prawy', trust: { secret: 'code' } }, 'E_CODE_DOWNGRADE'],
    ['if it is too long', { password: 'x'.repeat(64) }, 'E_RFB_AUTH'],
    [
      'to a server whose key was known',
      { trust: { known: { channel: 'login', fingerprint: 'ab'.repeat(32) } } },
      'E_PEER_CHANGED',
    ],
    [
      'to a server that encrypted all',
      { trust: { known: { channel: 'keyed', fingerprint: 'ab'.repeat(32) } } },
      'E_PEER_WEAKER',
    ],
  ])('sends nothing %s', (_, given, code) => {
    expect(() => answerTo(half(newServer()), given)).toThrow(expect.objectContaining({ code }));
  });

  it.each<[string, Parameters<typeof half>[1]]>([
    ['too small a key', { size: 64 }],
    ['too large a key', { size: 513 }],
    ['the generator 1', { generator: 1 }],
    ['the key 0', { key: Buffer.alloc(SIZE) }],
    ['the key 1', { key: Buffer.of(1) }],
    ['a key that is not below the prime', { key: Buffer.alloc(SIZE, 0xff) }],
    ['a prime that is even', { prime: Buffer.concat([randomBytes(SIZE - 1), Buffer.of(2)]).fill(0xff, 0, 1) }],
    ['a prime with too few bits', { prime: Buffer.of(23) }],
  ])('refuses %s', (_, change) => {
    expect(() => answerTo(half(newServer(), change))).toThrow(expect.objectContaining({ code: 'E_RFB_PROTOCOL' }));
  });
});
