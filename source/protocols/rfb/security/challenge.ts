import type { ClientSecurityType, RandomBytes, SecurityVerdict, ServerSecurityType } from './security-type.js';

/**
 * Security types in which the viewer answers a random challenge of the share, which proves that it knows the secret.
 */
export const CHALLENGE_LENGTH = 16;

/** @param answerTo returns null if a code is needed but not known */
export function answering(
  number: number,
  preference: number,
  answerTo: (challenge: Uint8Array, code: string | null) => Uint8Array | null,
): ClientSecurityType {
  return {
    number,
    preference: () => preference,
    start() {
      let answered = false;
      return {
        encryption: null,
        advance(reader, code) {
          if (answered) return { type: 'done' };
          const challenge = reader.attempt(() => reader.peekBytes(CHALLENGE_LENGTH));
          if (challenge === undefined) return undefined;
          const bytes = answerTo(challenge, code);
          if (bytes === null) return { type: 'code-required' };
          reader.skip(CHALLENGE_LENGTH);
          answered = true;
          return { type: 'send', bytes };
        },
      };
    },
  };
}

/**
 * @param random the source of the challenge
 * @param length bytes of a response
 */
export function challenging(
  number: number,
  random: RandomBytes,
  length: number,
  judge: (answer: Uint8Array, challenge: Uint8Array) => SecurityVerdict,
): ServerSecurityType {
  return {
    number,
    start() {
      const challenge = random(CHALLENGE_LENGTH);
      return {
        encryption: null,
        begin: () => challenge,
        receive(reader) {
          const answer = reader.attempt(() => reader.bytes(length));
          return answer && judge(answer, challenge);
        },
      };
    },
  };
}
