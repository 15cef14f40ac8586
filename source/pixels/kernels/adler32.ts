// Adler-32 (RFC 1950, section 8.2).

const BASE: u32 = 65521;
/** The most bytes (a multiple of 16) that can be summed before the sums must be reduced to stay below 2^32. */
const RUN: i32 = 5552;

export function adler32(from: usize, length: i32, start: u32): u32 {
  let low: u32 = start & 0xffff;
  let high: u32 = start >>> 16;
  let at = from;
  let left = length;
  if (ASC_FEATURE_SIMD) {
    const weightsLow = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
    const weightsHigh = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
    while (left >= 16) {
      const run = min(left, RUN) & ~15;
      let sums = i32x4.splat(0);
      let earlier = i32x4.splat(0);
      let weighted = i32x4.splat(0);
      for (let end = at + <usize>run; at < end; at += 16) {
        const bytes = v128.load(at);
        earlier = i32x4.add(earlier, sums);
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
        weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(bytes), weightsLow));
        weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(bytes), weightsHigh));
      }
      high = <u32>((<u64>high + <u64>low * <u64>run + total(earlier) * 16 + total(weighted)) % <u64>BASE);
      low = <u32>((<u64>low + total(sums)) % <u64>BASE);
      left -= run;
    }
  }
  while (left > 0) {
    const run = min(left, RUN);
    for (let end = at + <usize>run; at < end; at++) {
      low += <u32>load<u8>(at);
      high += low;
    }
    low %= BASE;
    high %= BASE;
    left -= run;
  }
  return (high << 16) | low;
}

function total(lanes: v128): u64 {
  return (
    <u64>(<u32>i32x4.extract_lane(lanes, 0)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 1)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 2)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 3))
  );
}
