import { joined } from './bytes.js';

const BLOCK = 64;
const ROUNDS = 64;

/** The first 32 bits of the fractional part of a root of each of the first primes, as SHA-256 defines its constants. */
function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) prime = false;
    if (prime) found.push((root(candidate) % 1) * 2 ** 32);
  }
  return Uint32Array.from(found);
}

const CONSTANTS = fractions(ROUNDS, Math.cbrt);
const INITIAL = fractions(8, Math.sqrt);

/** SHA-256 (FIPS 180-4). @returns 32 bytes */
export function sha256(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = Math.ceil((data.length + 9) / BLOCK) * BLOCK;
  const padded = new Uint8Array(length);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(length - 8, BigInt(data.length) * 8n);
  const state = Uint32Array.from(INITIAL);
  for (let at = 0; at < length; at += BLOCK) takeBlock(state, view, at);
  const digest = new DataView(new ArrayBuffer(32));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word);
  return new Uint8Array(digest.buffer);
}

/** HMAC (RFC 2104) with SHA-256. @returns 32 bytes */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  block.set(key.length > BLOCK ? sha256(key) : key);
  const inner = sha256(joined([block.map(byte => byte ^ 0x36), data]));
  return sha256(joined([block.map(byte => byte ^ 0x5c), inner]));
}

/** HKDF (RFC 5869) with SHA-256. @returns 32 bytes, one block */
export function hkdfSha256(key: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array<ArrayBuffer> {
  return hmacSha256(hmacSha256(salt, key), joined([info, Uint8Array.of(1)]));
}

function takeBlock(state: Uint32Array, block: DataView, at: number): void {
  const words = new Uint32Array(ROUNDS);
  for (let index = 0; index < 16; index++) words[index] = block.getUint32(at + index * 4);
  for (let index = 16; index < ROUNDS; index++) {
    const [w15, w2] = [words[index - 15]!, words[index - 2]!];
    const low = right(w15, 7) ^ right(w15, 18) ^ (w15 >>> 3);
    const high = right(w2, 17) ^ right(w2, 19) ^ (w2 >>> 10);
    words[index] = words[index - 16]! + low + words[index - 7]! + high;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let index = 0; index < ROUNDS; index++) {
    const mixE = right(e, 6) ^ right(e, 11) ^ right(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + mixE + choice + CONSTANTS[index]! + words[index]!) | 0;
    const mixA = right(a, 2) ^ right(a, 13) ^ right(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + mixA + majority) | 0];
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index]! += value;
}

function right(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
