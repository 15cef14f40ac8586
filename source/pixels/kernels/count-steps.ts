// How steep the steps from one pixel to the next in a row are, and how much of them is colour.

const COLOUR: i32 = 0x00ffffff;

// @ts-ignore: decorator
@inline
function lanes(v: v128): u32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

export function countSteps(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  low: i32,
  high: i32,
  out: usize,
): void {
  // What is left of a step after saturating subtraction is above zero when the step is at least that steep.
  const belowLow = v128.and(i8x16.splat(<i8>(low - 1)), i32x4.splat(COLOUR));
  const belowHigh = v128.and(i8x16.splat(<i8>(high - 1)), i32x4.splat(COLOUR));
  const mask = i32x4.splat(COLOUR);
  const zero = i32x4.splat(0);
  let low4 = zero;
  let high4 = zero;
  let lows = 0;
  let highs = 0;
  for (let y = 0; y < height; y++) {
    const row = from + <usize>y * <usize>fromStride;
    let x = 0;
    for (; x + 5 <= width; x += 4) {
      const at = row + ((<usize>x) << 2);
      const here = v128.load(at);
      const next = v128.load(at, 4);
      const step = v128.and(v128.or(i8x16.sub_sat_u(here, next), i8x16.sub_sat_u(next, here)), mask);
      low4 = i32x4.sub(low4, i32x4.ne(i8x16.sub_sat_u(step, belowLow), zero));
      high4 = i32x4.sub(high4, i32x4.ne(i8x16.sub_sat_u(step, belowHigh), zero));
    }
    for (; x + 1 < width; x++) {
      const at = row + ((<usize>x) << 2);
      let most: i32 = 0;
      for (let i: usize = 0; i < 3; i++) most = max(most, abs<i32>(<i32>load<u8>(at + i) - <i32>load<u8>(at + i, 4)));
      if (most >= low) lows++;
      if (most >= high) highs++;
    }
  }
  store<i32>(out, lows + lanes(low4));
  store<i32>(out, highs + lanes(high4), 4);
}

/** The sum of how much B - G and R - G change from each pixel to the next in its row. */
export function chromaSteps(from: usize, fromStride: i32, width: i32, height: i32): i32 {
  const ones = i32x4.splat(0x00010001);
  // Of the lanes B, G, R, X of two pixels only B and R count, each less G.
  const blueAndRed = i32x4.splat(0x0000ffff);
  let sums = i32x4.splat(0);
  let rest = 0;
  for (let y = 0; y < height; y++) {
    const row = from + <usize>y * <usize>fromStride;
    let x = 0;
    for (; x + 5 <= width; x += 4) {
      const at = row + ((<usize>x) << 2);
      const here = v128.load(at);
      const next = v128.load(at, 4);
      const low = i16x8.sub(i16x8.extend_low_i8x16_u(next), i16x8.extend_low_i8x16_u(here));
      const high = i16x8.sub(i16x8.extend_high_i8x16_u(next), i16x8.extend_high_i8x16_u(here));
      const greenLow = v128.shuffle<i16>(low, low, 1, 1, 1, 1, 5, 5, 5, 5);
      const greenHigh = v128.shuffle<i16>(high, high, 1, 1, 1, 1, 5, 5, 5, 5);
      const chromaLow = v128.and(i16x8.abs(i16x8.sub(low, greenLow)), blueAndRed);
      const chromaHigh = v128.and(i16x8.abs(i16x8.sub(high, greenHigh)), blueAndRed);
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.add(chromaLow, chromaHigh), ones));
    }
    for (; x + 1 < width; x++) {
      const at = row + ((<usize>x) << 2);
      const green = <i32>load<u8>(at, 5) - <i32>load<u8>(at, 1);
      rest += abs<i32>(<i32>load<u8>(at, 4) - <i32>load<u8>(at) - green);
      rest += abs<i32>(<i32>load<u8>(at, 6) - <i32>load<u8>(at, 2) - green);
    }
  }
  return rest + lanes(sums);
}
