// From BGRX to I420, for video encoders.

/** BT.601 in limited range, times 2^15: of B, G and R. The chroma coefficients add up to 0, so that grey has none. */
const Y_BLUE: i16 = 3208;
const Y_GREEN: i16 = 16519;
const Y_RED: i16 = 8414;
const U_BLUE: i16 = 14392;
const U_GREEN: i16 = -9535;
const U_RED: i16 = -4857;
const V_BLUE: i16 = -2340;
const V_GREEN: i16 = -12052;
const V_RED: i16 = 14392;

const Y_SHIFT = 15;
const Y_BASE: i32 = (16 << Y_SHIFT) + (1 << (Y_SHIFT - 1));
/** Chroma is that of the sum of four pixels. */
const C_SHIFT = 17;
const C_BASE: i32 = (128 << C_SHIFT) + (1 << (C_SHIFT - 1));

/**
 * Converts width x height pixels, both even. `to` gets the planes Y, U and V, one after the other without padding:
 * width * height * 3 / 2 bytes.
 */
export function bgrxToI420(from: usize, fromStride: i32, width: i32, height: i32, to: usize): void {
  const half = width >> 1;
  let luma = to;
  let u = to + <usize>(width * height);
  let v = u + <usize>(half * (height >> 1));
  for (let y = 0; y < height; y += 2) {
    let above = from + <usize>y * <usize>fromStride;
    let below = above + <usize>fromStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      for (; x + 8 <= width; x += 8) {
        const a = v128.load(above);
        const b = v128.load(above, 16);
        const c = v128.load(below);
        const d = v128.load(below, 16);
        storeLuma(luma + <usize>x, a, b);
        storeLuma(luma + <usize>(x + width), c, d);
        // Two pixels a vector, of 16 bits a channel: first the columns are added, then neighbours in a row.
        const first = i16x8.add(i16x8.extend_low_i8x16_u(a), i16x8.extend_low_i8x16_u(c));
        const second = i16x8.add(i16x8.extend_high_i8x16_u(a), i16x8.extend_high_i8x16_u(c));
        const third = i16x8.add(i16x8.extend_low_i8x16_u(b), i16x8.extend_low_i8x16_u(d));
        const fourth = i16x8.add(i16x8.extend_high_i8x16_u(b), i16x8.extend_high_i8x16_u(d));
        const left = i16x8.add(
          v128.shuffle<i64>(first, second, 0, 2),
          v128.shuffle<i64>(first, second, 1, 3),
        );
        const right = i16x8.add(
          v128.shuffle<i64>(third, fourth, 0, 2),
          v128.shuffle<i64>(third, fourth, 1, 3),
        );
        storeChroma(u + <usize>(x >> 1), left, right, i16x8(U_BLUE, U_GREEN, U_RED, 0, U_BLUE, U_GREEN, U_RED, 0));
        storeChroma(v + <usize>(x >> 1), left, right, i16x8(V_BLUE, V_GREEN, V_RED, 0, V_BLUE, V_GREEN, V_RED, 0));
        above += 32;
        below += 32;
      }
    }
    for (; x < width; x += 2) {
      const a = load<u32>(above);
      const b = load<u32>(above, 4);
      const c = load<u32>(below);
      const d = load<u32>(below, 4);
      store<u8>(luma + <usize>x, lumaOf(a));
      store<u8>(luma + <usize>x, lumaOf(b), 1);
      store<u8>(luma + <usize>(x + width), lumaOf(c));
      store<u8>(luma + <usize>(x + width), lumaOf(d), 1);
      const blue = <i32>((a & 0xff) + (b & 0xff) + (c & 0xff) + (d & 0xff));
      const green = <i32>(((a >> 8) & 0xff) + ((b >> 8) & 0xff) + ((c >> 8) & 0xff) + ((d >> 8) & 0xff));
      const red = <i32>(((a >> 16) & 0xff) + ((b >> 16) & 0xff) + ((c >> 16) & 0xff) + ((d >> 16) & 0xff));
      const cb = (U_BLUE * blue + U_GREEN * green + U_RED * red + C_BASE) >> C_SHIFT;
      const cr = (V_BLUE * blue + V_GREEN * green + V_RED * red + C_BASE) >> C_SHIFT;
      store<u8>(u + <usize>(x >> 1), <u8>cb);
      store<u8>(v + <usize>(x >> 1), <u8>cr);
      above += 8;
      below += 8;
    }
    luma += <usize>(width * 2);
    u += <usize>half;
    v += <usize>half;
  }
}

// @ts-ignore: decorator
@inline
function lumaOf(pixel: u32): u8 {
  const blue = <i32>(pixel & 0xff);
  const green = <i32>((pixel >> 8) & 0xff);
  const red = <i32>((pixel >> 16) & 0xff);
  return <u8>((Y_BLUE * blue + Y_GREEN * green + Y_RED * red + Y_BASE) >> Y_SHIFT);
}

/** Stores the luma of eight pixels. */
// @ts-ignore: decorator
@inline
function storeLuma(to: usize, first: v128, second: v128): void {
  const values = i16x8.narrow_i32x4_s(lumaOfFour(first), lumaOfFour(second));
  v128.store64_lane(to, i8x16.narrow_i16x8_u(values, values), 0);
}

// @ts-ignore: decorator
@inline
function lumaOfFour(pixels: v128): v128 {
  const factors = i16x8(Y_BLUE, Y_GREEN, Y_RED, 0, Y_BLUE, Y_GREEN, Y_RED, 0);
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(pixels), factors);
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(pixels), factors);
  return i32x4.shr_s(i32x4.add(pairSums(low, high), i32x4.splat(Y_BASE)), Y_SHIFT);
}

/** Stores four samples of a chroma plane. @param left and @param right the sums of two times four pixels each */
// @ts-ignore: decorator
@inline
function storeChroma(to: usize, left: v128, right: v128, factors: v128): void {
  const sums = pairSums(i32x4.dot_i16x8_s(left, factors), i32x4.dot_i16x8_s(right, factors));
  const values = i32x4.shr_s(i32x4.add(sums, i32x4.splat(C_BASE)), C_SHIFT);
  const narrow = i16x8.narrow_i32x4_s(values, values);
  v128.store32_lane(to, i8x16.narrow_i16x8_u(narrow, narrow), 0);
}

/** The sums of neighbours: two of `a`, then two of `b`. */
// @ts-ignore: decorator
@inline
function pairSums(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}
