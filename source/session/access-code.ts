import { randomInt } from 'node:crypto';

/** Letters and digits that nobody takes for another when they are read out or typed. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
/** VNC's password is no longer. */
export const CODE_LENGTH = 8;

/** A new code, from about 8 * 10^11. */
export function freshCode(): string {
  return Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
