import { fromUtf8 } from './text.js';

/** Letters that are not taken for others by eye or ear: without i, l and o (1, 1, 0), n (m), q (g), u and v (one for the other). */
export const CODE_ALPHABET = 'abcdefghjkmprstwxyz';
const GROUP_LENGTH = 5;
/** Letters of a code that peerglass makes up, without the dash between its two groups: 19^10 codes, 42 bits. */
export const CODE_LENGTH = 2 * GROUP_LENGTH;

/**
 * A random code, two groups that can be read out: "kafem-prawy".
 * @param random a whole number from 0 to below that, each as likely as the other
 */
export function makeCode(random: (below: number) => number): string {
  const letters = Array.from({ length: CODE_LENGTH }, () => CODE_ALPHABET[random(CODE_ALPHABET.length)]).join('');
  return `${letters.slice(0, GROUP_LENGTH)}-${letters.slice(GROUP_LENGTH)}`;
}

/** A code as both ends compare it: lower case, one way to write each character, no spaces and no dashes. */
export function plainCode(code: string): string {
  return code
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Pd}]+/gu, '');
}

/** A code in one word, to stand in a line that is read again by words. */
export function codeWord(code: string): string {
  return code.trim().replace(/\s+/g, '-');
}

/** The bytes of a code that go into a key exchange. */
export function codeBytes(code: string): Uint8Array<ArrayBuffer> {
  return fromUtf8(plainCode(code));
}

/** Whether it looks like a code that peerglass made up. */
export function hasCodeShape(text: string): boolean {
  const plain = plainCode(text);
  return plain.length === CODE_LENGTH && [...plain].every(letter => CODE_ALPHABET.includes(letter));
}

/**
 * The strength of a code, in bits: for one that peerglass made up the logarithm of how many there are, for one's own what
 * NIST SP 800-63-1 (appendix A) counts for words that people choose: 4 bits for the first character, 2 for each of the next
 * seven, 1.5 up to the twentieth, then 1.
 */
export function codeBits(code: string): number {
  if (hasCodeShape(code)) return CODE_LENGTH * Math.log2(CODE_ALPHABET.length);
  const { length } = [...plainCode(code)];
  const next = Math.min(Math.max(length - 1, 0), 7);
  const later = Math.min(Math.max(length - 8, 0), 12);
  return (length > 0 ? 4 : 0) + 2 * next + 1.5 * later + Math.max(length - 20, 0);
}
