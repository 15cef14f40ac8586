/** Bytes per call of `fromCharCode`: every engine takes that many arguments. */
const PIECE = 8192;

/** Decodes Latin-1: each byte is a character. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return text;
}

/** Encodes Latin-1, a byte per character; of characters beyond it the lower eight bits. */
export function fromLatin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index) & 0xff;
  return bytes;
}

const UNKNOWN = '\ufffd';

/**
 * Decodes UTF-8. Invalid bytes become U+FFFD, one per maximal prefix of a character, as the Encoding Standard counts.
 */
export function utf8(bytes: Uint8Array): string {
  const pieces: string[] = [];
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const { character, length } = characterAt(bytes, at);
    text += character;
    at += length;
    if (text.length > PIECE) {
      pieces.push(text);
      text = '';
    }
  }
  return pieces.join('') + text;
}

/** Encodes UTF-8; a lone surrogate becomes U+FFFD. */
export function fromUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const character of text) {
    const found = character.codePointAt(0)!;
    const code = found >= 0xd800 && found <= 0xdfff ? 0xfffd : found;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), follower(code));
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), follower(code >> 6), follower(code));
    else bytes.push(0xf0 | (code >> 18), follower(code >> 12), follower(code >> 6), follower(code));
  }
  return Uint8Array.from(bytes);
}

function follower(code: number): number {
  return 0x80 | (code & 0x3f);
}

/** The character's length in bytes, its first bits, and the range of its second byte. */
function headOf(first: number): { length: number; bits: number; low: number; high: number } | null {
  if (first >= 0xc2 && first <= 0xdf) return { length: 2, bits: first & 0x1f, low: 0x80, high: 0xbf };
  // No overlong forms, no surrogates, nothing beyond U+10FFFF.
  if (first >= 0xe0 && first <= 0xef) {
    return { length: 3, bits: first & 0x0f, low: first === 0xe0 ? 0xa0 : 0x80, high: first === 0xed ? 0x9f : 0xbf };
  }
  if (first >= 0xf0 && first <= 0xf4) {
    return { length: 4, bits: first & 0x07, low: first === 0xf0 ? 0x90 : 0x80, high: first === 0xf4 ? 0x8f : 0xbf };
  }
  return null;
}

function characterAt(bytes: Uint8Array, at: number): { character: string; length: number } {
  const first = bytes[at]!;
  if (first < 0x80) return { character: String.fromCharCode(first), length: 1 };
  const head = headOf(first);
  if (!head) return { character: UNKNOWN, length: 1 };
  let code = head.bits;
  for (let index = 1; index < head.length; index++) {
    const next = bytes[at + index] ?? 0;
    const [low, high] = index === 1 ? [head.low, head.high] : [0x80, 0xbf];
    if (next < low || next > high) return { character: UNKNOWN, length: index };
    code = (code << 6) | (next & 0x3f);
  }
  return { character: String.fromCodePoint(code), length: head.length };
}
