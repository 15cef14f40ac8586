import { sameInConstantTime } from '../../../core/bytes.js';
import { encryptDes } from '../../../core/des.js';
import { fromLatin1 } from '../../../core/text.js';
import { SECURITY_TYPE } from '../constants.js';
import type { ClientSecurityType, RandomBytes, SecurityType, ServerSecurityType } from './security-type.js';

/** Bytes of the challenge and of its answer. */
export const CHALLENGE_LENGTH = 16;

/** VncAuth looks at no more of a password than this. */
export const PASSWORD_LENGTH = 8;

/**
 * The answer to a VncAuth challenge (RFC 6143, 7.2.2): the challenge encrypted by DES in ECB mode. The key is the password
 * in Latin-1, cut or zero-padded to eight bytes, with the bits of each byte in reverse order (as rfbproto.rst says, the RFC
 * does not).
 * @param challenge 16 bytes
 * @returns 16 bytes
 */
export function vncAuthResponse(password: string, challenge: Uint8Array): Uint8Array {
  const key = new Uint8Array(PASSWORD_LENGTH);
  key.set(fromLatin1(password.slice(0, PASSWORD_LENGTH)).map(reverseBits));
  return encryptDes(key, challenge);
}

/** Whether the answer is right, in a time that does not depend on where it is wrong. */
export function vncAuthMatches(password: string, challenge: Uint8Array, response: Uint8Array): boolean {
  return sameInConstantTime(vncAuthResponse(password, challenge), response);
}

function reverseBits(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) reversed |= 0x80 >> bit;
  return reversed;
}

/** The server's challenge goes back encrypted with the code (RFC 6143, 7.2.2). */
const clientVncAuth: ClientSecurityType = {
  number: SECURITY_TYPE.vncAuth,
  encryption: null,
  preference: () => 0,
  start() {
    let answered = false;
    return {
      advance(reader, code) {
        if (answered) return { type: 'done' };
        const challenge = reader.attempt(() => reader.peekBytes(CHALLENGE_LENGTH));
        if (challenge === undefined) return undefined;
        if (code === null) return { type: 'code-required' };
        const bytes = vncAuthResponse(code, challenge);
        reader.skip(CHALLENGE_LENGTH);
        answered = true;
        return { type: 'send', bytes };
      },
    };
  },
};

/**
 * The viewer proves that it knows the code by encrypting a challenge with it (RFC 6143, 7.2.2). Only the first eight
 * characters of the code count.
 * @param random the source of the challenge
 */
export function serverVncAuth(code: string, random: RandomBytes): ServerSecurityType {
  return {
    number: SECURITY_TYPE.vncAuth,
    encryption: null,
    start() {
      const challenge = random(CHALLENGE_LENGTH);
      return {
        begin: () => challenge,
        receive(reader) {
          const response = reader.attempt(() => reader.bytes(CHALLENGE_LENGTH));
          if (response === undefined) return undefined;
          return vncAuthMatches(code, challenge, response) ? { ok: true } : { ok: false, reason: 'The code is wrong.' };
        },
      };
    },
  };
}

export const vncAuth: SecurityType = {
  client: () => clientVncAuth,
  server: ({ code, random }) => (code === null ? null : serverVncAuth(code, random)),
};
