// Figures about a picture's bytes: hashes, smoothness.

const COLOUR: i32 = 0x00ffffff;
const PRIME: i32 = 0x01000193 * 0x3d;

// @ts-ignore: decorator
@inline
function mix(hash: v128, pixels: v128): v128 {
  const sum = i32x4.mul(v128.xor(hash, pixels), i32x4.splat(PRIME));
  return v128.xor(sum, i32x4.shr_u(sum, 15));
}

/** A row's last one to three pixels as one vector, the rest zero. */
// @ts-ignore: decorator
@inline
function tail(at: usize, pixels: i32): v128 {
  let last = i32x4.splat(0);
  last = i32x4.replace_lane(last, 0, load<i32>(at));
  if (pixels > 1) last = i32x4.replace_lane(last, 1, load<i32>(at, 4));
  if (pixels > 2) last = i32x4.replace_lane(last, 2, load<i32>(at, 8));
  return last;
}

// @ts-ignore: decorator
@inline
function hashRow(hash: v128, row: usize, width: i32): v128 {
  const mask = i32x4.splat(COLOUR);
  let x = 0;
  for (; x + 4 <= width; x += 4) hash = mix(hash, v128.and(v128.load(row + ((<usize>x) << 2)), mask));
  if (x < width) hash = mix(hash, v128.and(tail(row + ((<usize>x) << 2), width - x), mask));
  return hash;
}

export function hashRectangle(from: usize, fromStride: i32, width: i32, height: i32, out: usize): void {
  let hash = i32x4(1, 2, 3, 4);
  for (let y = 0; y < height; y++) hash = hashRow(hash, from + <usize>y * <usize>fromStride, width);
  // Each lane has seen a quarter of the pixels: two rounds let all of them have their say in each.
  for (let i = 0; i < 3; i++) hash = mix(hash, i8x16.shuffle(hash, hash, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3));
  v128.store(out, hash);
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): u32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

export function smoothness(from: usize, fromStride: i32, width: i32, height: i32, sharpFrom: i32, out: usize): void {
  const mask = i32x4.splat(COLOUR);
  const limit = i8x16.splat(<i8>sharpFrom);
  const zero = i32x4.splat(0);
  let flat = i32x4.splat(0);
  let sharp = i32x4.splat(0);
  let flats = 0;
  let sharps = 0;
  for (let y = 0; y < height; y++) {
    const row = from + <usize>y * <usize>fromStride;
    let x = 0;
    for (; x + 5 <= width; x += 4) {
      const at = row + ((<usize>x) << 2);
      const here = v128.load(at);
      const next = v128.load(at, 4);
      const step = v128.and(v128.or(i8x16.sub_sat_u(here, next), i8x16.sub_sat_u(next, here)), mask);
      flat = i32x4.sub(flat, i32x4.eq(step, zero));
      sharp = i32x4.sub(sharp, i32x4.ne(v128.and(i8x16.ge_u(step, limit), mask), zero));
    }
    for (; x + 1 < width; x++) {
      const at = row + ((<usize>x) << 2);
      let most: i32 = 0;
      for (let i: usize = 0; i < 3; i++) most = max(most, abs<i32>(<i32>load<u8>(at + i) - <i32>load<u8>(at + i, 4)));
      if (most == 0) flats++;
      else if (most >= sharpFrom) sharps++;
    }
  }
  flats += lanes(flat);
  sharps += lanes(sharp);
  store<i32>(out, flats);
  store<i32>(out, max(width - 1, 0) * height - flats - sharps, 4);
  store<i32>(out, sharps, 8);
}
