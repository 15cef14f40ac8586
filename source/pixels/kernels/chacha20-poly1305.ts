// ChaCha20-Poly1305 (RFC 8439), for pages that a browser gives no WebCrypto. Two blocks of ChaCha20 at a time, each as
// four rows of a vector; Poly1305 in limbs of 26 bits, as in poly1305-donna.

const BLOCK: usize = 64;
const PAIR: usize = 2 * BLOCK;
/** "expand 32-byte k" */
const CONSTANTS: usize = memory.data<u32>([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
const ROUNDS: i32 = 20;
const LIMB: u64 = 0x3ffffff;

// Scratch: a pair of blocks, and Poly1305's key and sum in limbs, 8 bytes each.
const PADDED: usize = PAIR;
const R: usize = PAIR + 16;
const H: usize = R + 40;
const POLY_KEY: usize = H + 40;

// @ts-ignore: decorator
@inline
function left16(v: v128): v128 {
  return i8x16.shuffle(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

// @ts-ignore: decorator
@inline
function left12(v: v128): v128 {
  return v128.or(i32x4.shl(v, 12), i32x4.shr_u(v, 20));
}

// @ts-ignore: decorator
@inline
function left8(v: v128): v128 {
  return i8x16.shuffle(v, v, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}

// @ts-ignore: decorator
@inline
function left7(v: v128): v128 {
  return v128.or(i32x4.shl(v, 7), i32x4.shr_u(v, 25));
}

// Turn a row so that columns become diagonals, and back.
// @ts-ignore: decorator
@inline
function turn1(v: v128): v128 {
  return i8x16.shuffle(v, v, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
}

// @ts-ignore: decorator
@inline
function turn2(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}

// @ts-ignore: decorator
@inline
function turn3(v: v128): v128 {
  return i8x16.shuffle(v, v, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
}

// @ts-ignore: decorator
@inline
function xorAt(at: usize, row: v128): void {
  v128.store(at, v128.xor(v128.load(at), row));
}

/** Encrypts or decrypts two blocks, `counter` and the next. */
function xorPair(key: usize, nonce: usize, counter: i32, data: usize): void {
  const first = v128.load(CONSTANTS);
  const second = v128.load(key);
  const third = v128.load(key, 16);
  const fourth = i32x4(counter, load<i32>(nonce), load<i32>(nonce, 4), load<i32>(nonce, 8));
  const fourthNext = i32x4.add(fourth, i32x4(1, 0, 0, 0));
  let a = first;
  let b = second;
  let c = third;
  let d = fourth;
  let e = first;
  let f = second;
  let g = third;
  let h = fourthNext;
  for (let round = 0; round < ROUNDS; round++) {
    a = i32x4.add(a, b);
    e = i32x4.add(e, f);
    d = left16(v128.xor(d, a));
    h = left16(v128.xor(h, e));
    c = i32x4.add(c, d);
    g = i32x4.add(g, h);
    b = left12(v128.xor(b, c));
    f = left12(v128.xor(f, g));
    a = i32x4.add(a, b);
    e = i32x4.add(e, f);
    d = left8(v128.xor(d, a));
    h = left8(v128.xor(h, e));
    c = i32x4.add(c, d);
    g = i32x4.add(g, h);
    b = left7(v128.xor(b, c));
    f = left7(v128.xor(f, g));
    // Column rounds are the even ones.
    c = turn2(c);
    g = turn2(g);
    if (round & 1) {
      b = turn3(b);
      f = turn3(f);
      d = turn1(d);
      h = turn1(h);
    } else {
      b = turn1(b);
      f = turn1(f);
      d = turn3(d);
      h = turn3(h);
    }
  }
  xorAt(data, i32x4.add(a, first));
  xorAt(data + 16, i32x4.add(b, second));
  xorAt(data + 32, i32x4.add(c, third));
  xorAt(data + 48, i32x4.add(d, fourth));
  xorAt(data + 64, i32x4.add(e, first));
  xorAt(data + 80, i32x4.add(f, second));
  xorAt(data + 96, i32x4.add(g, third));
  xorAt(data + 112, i32x4.add(h, fourthNext));
}

function chacha20(key: usize, nonce: usize, data: usize, length: i32, scratch: usize): void {
  let counter = 1;
  let at = data;
  const end = data + <usize>length;
  for (; at + PAIR <= end; at += PAIR) {
    xorPair(key, nonce, counter, at);
    counter += 2;
  }
  if (at == end) return;
  memory.copy(scratch, at, end - at);
  xorPair(key, nonce, counter, scratch);
  memory.copy(at, scratch, end - at);
}

/** Sets up Poly1305 with the key that ChaCha20's block 0 gives. */
function begin(key: usize, nonce: usize, scratch: usize): void {
  memory.fill(scratch, 0, PAIR);
  xorPair(key, nonce, 0, scratch);
  memory.copy(scratch + POLY_KEY, scratch, 32);
  const r = scratch + R;
  store<u64>(r, <u64>load<u32>(scratch) & 0x3ffffff);
  store<u64>(r + 8, <u64>(load<u32>(scratch, 3) >> 2) & 0x3ffff03);
  store<u64>(r + 16, <u64>(load<u32>(scratch, 6) >> 4) & 0x3ffc0ff);
  store<u64>(r + 24, <u64>(load<u32>(scratch, 9) >> 6) & 0x3f03fff);
  store<u64>(r + 32, <u64>(load<u32>(scratch, 12) >> 8) & 0x00fffff);
  memory.fill(scratch + H, 0, 40);
}

/** Adds whole blocks of 16 bytes to the sum. */
function addBlocks(from: usize, end: usize, scratch: usize): void {
  const r0 = load<u64>(scratch + R);
  const r1 = load<u64>(scratch + R, 8);
  const r2 = load<u64>(scratch + R, 16);
  const r3 = load<u64>(scratch + R, 24);
  const r4 = load<u64>(scratch + R, 32);
  const s1 = r1 * 5;
  const s2 = r2 * 5;
  const s3 = r3 * 5;
  const s4 = r4 * 5;
  let h0 = load<u64>(scratch + H);
  let h1 = load<u64>(scratch + H, 8);
  let h2 = load<u64>(scratch + H, 16);
  let h3 = load<u64>(scratch + H, 24);
  let h4 = load<u64>(scratch + H, 32);
  for (let at = from; at < end; at += 16) {
    h0 += <u64>load<u32>(at) & LIMB;
    h1 += <u64>(load<u32>(at, 3) >> 2) & LIMB;
    h2 += <u64>(load<u32>(at, 6) >> 4) & LIMB;
    h3 += <u64>(load<u32>(at, 9) >> 6) & LIMB;
    h4 += <u64>(load<u32>(at, 12) >> 8) | (1 << 24);
    const d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1;
    const d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2 + (d0 >> 26);
    const d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3 + (d1 >> 26);
    const d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4 + (d2 >> 26);
    const d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + (d3 >> 26);
    h0 = (d0 & LIMB) + (d4 >> 26) * 5;
    h1 = (d1 & LIMB) + (h0 >> 26);
    h0 &= LIMB;
    h2 = d2 & LIMB;
    h3 = d3 & LIMB;
    h4 = d4 & LIMB;
  }
  store<u64>(scratch + H, h0);
  store<u64>(scratch + H, h1, 8);
  store<u64>(scratch + H, h2, 16);
  store<u64>(scratch + H, h3, 24);
  store<u64>(scratch + H, h4, 32);
}

/** Adds bytes, and zeros up to a whole block. */
function add(from: usize, length: i32, scratch: usize): void {
  const rest = <usize>length & 15;
  const whole = from + <usize>length - rest;
  addBlocks(from, whole, scratch);
  if (rest == 0) return;
  const padded = scratch + PADDED;
  memory.fill(padded, 0, 16);
  memory.copy(padded, whole, rest);
  addBlocks(padded, padded + 16, scratch);
}

/** Writes the 16 bytes of the tag to the scratch memory's PADDED. */
function finish(headerLength: i32, length: i32, scratch: usize): void {
  const padded = scratch + PADDED;
  store<u64>(padded, <u64>(<u32>headerLength));
  store<u64>(padded, <u64>(<u32>length), 8);
  addBlocks(padded, padded + 16, scratch);
  let h0 = load<u64>(scratch + H);
  let h1 = load<u64>(scratch + H, 8);
  let h2 = load<u64>(scratch + H, 16);
  let h3 = load<u64>(scratch + H, 24);
  let h4 = load<u64>(scratch + H, 32);
  h2 += h1 >> 26;
  h1 &= LIMB;
  h3 += h2 >> 26;
  h2 &= LIMB;
  h4 += h3 >> 26;
  h3 &= LIMB;
  h0 += (h4 >> 26) * 5;
  h4 &= LIMB;
  h1 += h0 >> 26;
  h0 &= LIMB;
  // The sum less the prime 2^130 - 5, if that is not negative.
  let g0 = h0 + 5;
  let g1 = h1 + (g0 >> 26);
  let g2 = h2 + (g1 >> 26);
  let g3 = h3 + (g2 >> 26);
  const g4 = h4 + (g3 >> 26) - (1 << 26);
  const mask = (g4 >> 63) - 1;
  h0 = (h0 & ~mask) | (g0 & LIMB & mask);
  h1 = (h1 & ~mask) | (g1 & LIMB & mask);
  h2 = (h2 & ~mask) | (g2 & LIMB & mask);
  h3 = (h3 & ~mask) | (g3 & LIMB & mask);
  h4 = (h4 & ~mask) | (g4 & LIMB & mask);
  const low = h0 | (h1 << 26) | (h2 << 52);
  const high = (h2 >> 12) | (h3 << 14) | (h4 << 40);
  const sum = low + load<u64>(scratch + POLY_KEY, 16);
  const carry: u64 = sum < low ? 1 : 0;
  store<u64>(padded, sum);
  store<u64>(padded, high + load<u64>(scratch + POLY_KEY, 24) + carry, 8);
}

export function sealChaCha20Poly1305(
  key: usize,
  nonce: usize,
  header: usize,
  headerLength: i32,
  data: usize,
  length: i32,
  scratch: usize,
): void {
  chacha20(key, nonce, data, length, scratch);
  begin(key, nonce, scratch);
  add(header, headerLength, scratch);
  add(data, length, scratch);
  finish(headerLength, length, scratch);
  memory.copy(data + <usize>length, scratch + PADDED, 16);
}

export function openChaCha20Poly1305(
  key: usize,
  nonce: usize,
  header: usize,
  headerLength: i32,
  data: usize,
  length: i32,
  scratch: usize,
): i32 {
  begin(key, nonce, scratch);
  add(header, headerLength, scratch);
  add(data, length, scratch);
  finish(headerLength, length, scratch);
  const tag = data + <usize>length;
  const differs =
    (load<u64>(tag) ^ load<u64>(scratch + PADDED)) | (load<u64>(tag, 8) ^ load<u64>(scratch + PADDED, 8));
  if (differs != 0) return 0;
  chacha20(key, nonce, data, length, scratch);
  return 1;
}
