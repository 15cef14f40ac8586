import { sameInConstantTime } from '../../../core/bytes.js';
import { hmacSha256 } from '../../../core/sha256.js';
import { SECURITY_TYPE } from '../constants.js';
import type {
  ClientSecurityType,
  RandomBytes,
  ResumeCheck,
  SecurityType,
  ServerSecurityType,
} from './security-type.js';

/**
 * A security type of our own (docs/extensions.md): a viewer that was let in and lost its connection proves that it is the one,
 * with a key that it was given over that connection. The key itself never goes over the wire again.
 */
export const RESUME_KEY_LENGTH = 32;
const CHALLENGE_LENGTH = 16;
const PROOF_LENGTH = 32;

export function serverResume(check: ResumeCheck, random: RandomBytes): ServerSecurityType {
  return {
    number: SECURITY_TYPE.resume,
    encryption: null,
    start() {
      const challenge = random(CHALLENGE_LENGTH);
      return {
        begin: () => challenge,
        receive(reader) {
          const proof = reader.attempt(() => Uint8Array.from(reader.bytes(PROOF_LENGTH)));
          if (proof === undefined) return undefined;
          const known = check(key => sameInConstantTime(hmacSha256(key, challenge), proof));
          return known ? { ok: true, known } : { ok: false, reason: 'That connection is over.' };
        },
      };
    },
  };
}

export function clientResume(key: Uint8Array): ClientSecurityType {
  return {
    number: SECURITY_TYPE.resume,
    encryption: null,
    preference: () => 2,
    start() {
      let answered = false;
      return {
        advance(reader) {
          if (answered) return { type: 'done' };
          const challenge = reader.attempt(() => reader.bytes(CHALLENGE_LENGTH));
          if (challenge === undefined) return undefined;
          answered = true;
          return { type: 'send', bytes: hmacSha256(key, challenge) };
        },
      };
    },
  };
}

export const resume: SecurityType = {
  client: viewer => viewer.resume && clientResume(viewer.resume),
  server: share => share.resume && serverResume(share.resume, share.random),
};
