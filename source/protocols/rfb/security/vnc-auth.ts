import { SECURITY_TYPE } from '../constants.js';
import { CHALLENGE_LENGTH, vncAuthMatches, vncAuthResponse } from '../vnc-auth.js';
import type { ClientSecurityType, RandomBytes, SecurityType, ServerSecurityType } from './security-type.js';

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
