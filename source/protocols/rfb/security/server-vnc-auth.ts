import { SECURITY_TYPE } from '../constants.js';
import { CHALLENGE_LENGTH, vncAuthMatches } from '../vnc-auth.js';
import type { RandomBytes, ServerSecurityType } from './server-security.js';

/**
 * The viewer proves that it knows the code by encrypting a challenge with it (RFC 6143, 7.2.2). Only the first eight
 * characters of the code count.
 * @param random the source of the challenge
 */
export function serverVncAuth(code: string, random: RandomBytes): ServerSecurityType {
  return {
    number: SECURITY_TYPE.vncAuth,
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
