import { sameInConstantTime } from '../../../core/bytes.js';
import { encryptDes } from '../../../core/des.js';
import { fromLatin1 } from '../../../core/text.js';
import { SECURITY_TYPE } from '../constants.js';
import { REASON } from '../refusals.js';
import { answering, CHALLENGE_LENGTH, challenging } from './challenge.js';
import type { ClientSecurityType, RandomBytes, SecurityType, ServerSecurityType } from './security-type.js';
import { checkCode, type Trust } from './trust.js';

/** VncAuth ignores the rest of a longer password. */
export const PASSWORD_LENGTH = 8;

/**
 * The response to a VncAuth challenge (RFC 6143, 7.2.2): the challenge encrypted with DES in ECB mode. The key is the
 * password in Latin-1, truncated or zero-padded to eight bytes, with the bits of each byte reversed (stated in
 * rfbproto.rst, missing from the RFC).
 * @param challenge 16 bytes
 * @returns 16 bytes
 */
export function vncAuthResponse(password: string, challenge: Uint8Array): Uint8Array {
  const key = new Uint8Array(PASSWORD_LENGTH);
  key.set(fromLatin1(password.slice(0, PASSWORD_LENGTH)).map(reverseBits));
  return encryptDes(key, challenge);
}

/** Whether the response is right. Takes constant time. */
export function vncAuthMatches(password: string, challenge: Uint8Array, response: Uint8Array): boolean {
  return sameInConstantTime(vncAuthResponse(password, challenge), response);
}

function reverseBits(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) reversed |= 0x80 >> bit;
  return reversed;
}

/** The viewer returns the server's challenge, encrypted with the code (RFC 6143, 7.2.2). */
export function clientVncAuth(trust: Trust): ClientSecurityType {
  return answering(SECURITY_TYPE.vncAuth, 0, (challenge, code) => {
    if (code === null) return null;
    checkCode(trust, code);
    return vncAuthResponse(code, challenge);
  });
}

/**
 * The viewer proves that it knows the password by encrypting a challenge with it (RFC 6143, 7.2.2). Only its first
 * eight characters count.
 * @param random the source of the challenge
 */
export function serverVncAuth(password: string, random: RandomBytes): ServerSecurityType {
  return challenging(SECURITY_TYPE.vncAuth, random, CHALLENGE_LENGTH, (response, challenge) =>
    vncAuthMatches(password, challenge, response) ? { ok: true } : { ok: false, reason: REASON.wrongPassword },
  );
}

export const vncAuth: SecurityType = {
  client: ({ trust }) => clientVncAuth(trust),
  server: ({ vncPassword, random, encryption }) =>
    vncPassword === null || encryption?.required ? null : serverVncAuth(vncPassword, random),
};
