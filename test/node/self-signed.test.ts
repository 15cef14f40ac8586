import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { selfSigned } from '../../source/node/self-signed.js';

/** Tags and lengths of DER, which has one way to write each; others are found out. */
function* values(der: Buffer): Generator<{ readonly tag: number; readonly body: Buffer; readonly minimal: boolean }> {
  for (let at = 0; at < der.length; ) {
    const tag = der[at]!;
    const first = der[at + 1]!;
    const more = first < 0x80 ? 0 : first & 0x7f;
    const length = more === 0 ? first : der.readUIntBE(at + 2, more);
    const minimal = more === 0 || (length >= 0x80 && length >= 256 ** (more - 1));
    const body = der.subarray(at + 2 + more, at + 2 + more + length);
    yield { tag, body, minimal };
    if ((tag & 0x20) !== 0) yield* values(body);
    at += 2 + more + length;
  }
}

describe('a certificate of our own', () => {
  // Their lengths cross from one byte to two, and from two to three.
  test.each(['peerglass', 'x'.repeat(60), 'x'.repeat(110), 'x'.repeat(200)])('is as browsers want it: %s', name => {
    const { cert, key } = selfSigned(name);
    const certificate = new X509Certificate(cert);
    expect(certificate.subject).toBe(`CN=${name}`);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    const all = [...values(certificate.raw)];
    expect(all.filter(({ minimal }) => !minimal)).toEqual([]);
    const times = all.filter(({ tag }) => tag === 0x17 || tag === 0x18).map(({ tag, body }) => [tag, body.toString()]);
    expect(times).toEqual([
      [0x17, '700101000000Z'],
      [0x18, '99991231235959Z'],
    ]);
  });
});
