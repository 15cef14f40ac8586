import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../source/core/byte-reader.js';
import { clientResume, serverResume } from '../../../source/protocols/rfb/security/resume.js';
import { OPENING } from '../../helpers/opening.js';

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const OTHER = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);

function attempt(given: readonly Uint8Array[], own: Uint8Array) {
  const server = serverResume(fits => given.some(fits), randomBytes).start(OPENING);
  const toClient = new ByteReader();
  const challenge = server.begin();
  toClient.push(challenge);
  const client = clientResume(own).start(OPENING, 'clear');
  const proof = client.advance(toClient, null);
  if (proof?.type !== 'send') throw new Error('no proof');
  const toServer = new ByteReader();
  toServer.push(proof.bytes.subarray(0, 31));
  expect(server.receive(toServer)).toBeUndefined();
  toServer.push(proof.bytes.subarray(31));
  return { verdict: server.receive(toServer), challenge, proof: proof.bytes };
}

describe('resuming over another connection', () => {
  it('requires the key that was sent', () => {
    expect(attempt([OTHER, KEY], KEY).verdict).toEqual({ ok: true, known: true });
    expect(attempt([OTHER], KEY).verdict).toMatchObject({ ok: false });
    expect(attempt([], KEY).verdict).toMatchObject({ ok: false });
  });

  it('never sends the same bytes twice, nor the key', () => {
    const [first, second] = [attempt([KEY], KEY), attempt([KEY], KEY)];
    expect(first.challenge).not.toEqual(second.challenge);
    expect(first.proof).not.toEqual(second.proof);
    expect(first.proof).toHaveLength(32);
  });
});
