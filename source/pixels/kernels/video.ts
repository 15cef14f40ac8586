// From the luma and chroma of video pictures to BGRX.

/** Fractional bits of a sample while it is converted: products fit 16 bits then. */
const FRACTION: i32 = 5;
const ROUND: i32 = 1 << (FRACTION - 1);

/** A product with a fraction of 15 bits, rounded, as i16x8.q15mulr_sat_s has it. */
// @ts-ignore: decorator
@inline
function scaled(value: i32, fraction: i32): i32 {
  return (value * fraction + 0x4000) >> 15;
}

// @ts-ignore: decorator
@inline
function sample(value: i32): u32 {
  return <u32>max(0, min(255, (value + ROUND) >> FRACTION));
}

// @ts-ignore: decorator
@inline
function pixel(
  luma: u32,
  u: u32,
  v: u32,
  black: i32,
  lumaScale: i32,
  redFromV: i32,
  greenFromU: i32,
  greenFromV: i32,
  blueFromU: i32,
): u32 {
  const y = (<i32>luma - black) << FRACTION;
  const grey = y + scaled(y, lumaScale);
  const du = (<i32>u - 128) << FRACTION;
  const dv = (<i32>v - 128) << FRACTION;
  const red = sample(grey + dv + scaled(dv, redFromV));
  const green = sample(grey + scaled(du, greenFromU) + scaled(dv, greenFromV));
  const blue = sample(grey + 2 * du + scaled(du, blueFromU));
  return (red << 16) | (green << 8) | blue;
}

/** Eight luma samples to what they add to each channel. */
// @ts-ignore: decorator
@inline
function grey(luma: v128, black: v128, lumaScale: v128): v128 {
  const y = i16x8.shl(i16x8.sub(luma, black), FRACTION);
  return i16x8.add(y, i16x8.q15mulr_sat_s(y, lumaScale));
}

// @ts-ignore: decorator
@inline
function samples(low: v128, high: v128): v128 {
  const round = i16x8.splat(<i16>ROUND);
  return i8x16.narrow_i16x8_u(
    i16x8.shr_s(i16x8.add(low, round), FRACTION),
    i16x8.shr_s(i16x8.add(high, round), FRACTION),
  );
}

/** The left four of eight values, each twice. */
// @ts-ignore: decorator
@inline
function leftTwice(values: v128): v128 {
  return i8x16.shuffle(values, values, 0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7);
}

// @ts-ignore: decorator
@inline
function rightTwice(values: v128): v128 {
  return i8x16.shuffle(values, values, 8, 9, 8, 9, 10, 11, 10, 11, 12, 13, 12, 13, 14, 15, 14, 15);
}

export function videoToBgrx(
  luma: usize,
  lumaStride: i32,
  u: usize,
  v: usize,
  chromaStride: i32,
  chromaStep: i32,
  left: i32,
  top: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
  black: i32,
  lumaScale: i32,
  redFromV: i32,
  greenFromU: i32,
  greenFromV: i32,
  blueFromU: i32,
): void {
  const right = left + width;
  for (let row = 0; row < height; row++) {
    const lumaRow = luma + <usize>(top + row) * <usize>lumaStride;
    const chromaRow = <usize>((top + row) >> 1) * <usize>chromaStride;
    let target = to + <usize>row * <usize>toStride;
    let x = left;
    if (ASC_FEATURE_SIMD) {
      // Chroma samples begin at even columns.
      if ((x & 1) != 0 && x < right) {
        const at = chromaRow + <usize>(x >> 1) * <usize>chromaStep;
        store<u32>(
          target,
          pixel(
            load<u8>(lumaRow + x), load<u8>(u + at), load<u8>(v + at),
            black, lumaScale, redFromV, greenFromU, greenFromV, blueFromU,
          ),
        );
        target += 4;
        x++;
      }
      const half = i16x8.splat(128);
      const zero = i8x16.splat(0);
      const blacks = i16x8.splat(<i16>black);
      const lumaScales = i16x8.splat(<i16>lumaScale);
      for (; x + 16 <= right; x += 16) {
        const at = chromaRow + <usize>(x >> 1) * <usize>chromaStep;
        let du: v128;
        let dv: v128;
        if (chromaStep == 2) {
          // Both lie side by side; the second begins one byte after the first.
          const both = v128.load(u + at);
          du = v128.and(both, i16x8.splat(255));
          dv = i16x8.shr_u(both, 8);
        } else {
          du = i16x8.extend_low_i8x16_u(v128.load64_zero(u + at));
          dv = i16x8.extend_low_i8x16_u(v128.load64_zero(v + at));
        }
        du = i16x8.shl(i16x8.sub(du, half), FRACTION);
        dv = i16x8.shl(i16x8.sub(dv, half), FRACTION);
        const red = i16x8.add(dv, i16x8.q15mulr_sat_s(dv, i16x8.splat(<i16>redFromV)));
        const green = i16x8.add(
          i16x8.q15mulr_sat_s(du, i16x8.splat(<i16>greenFromU)),
          i16x8.q15mulr_sat_s(dv, i16x8.splat(<i16>greenFromV)),
        );
        const blue = i16x8.add(i16x8.add(du, du), i16x8.q15mulr_sat_s(du, i16x8.splat(<i16>blueFromU)));
        const row16 = v128.load(lumaRow + x);
        const low = grey(i16x8.extend_low_i8x16_u(row16), blacks, lumaScales);
        const high = grey(i16x8.extend_high_i8x16_u(row16), blacks, lumaScales);
        const r = samples(i16x8.add(low, leftTwice(red)), i16x8.add(high, rightTwice(red)));
        const g = samples(i16x8.add(low, leftTwice(green)), i16x8.add(high, rightTwice(green)));
        const b = samples(i16x8.add(low, leftTwice(blue)), i16x8.add(high, rightTwice(blue)));
        const bgLow = i8x16.shuffle(b, g, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const bgHigh = i8x16.shuffle(b, g, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const rxLow = i8x16.shuffle(r, zero, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const rxHigh = i8x16.shuffle(r, zero, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        v128.store(target, i8x16.shuffle(bgLow, rxLow, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23));
        v128.store(target, i8x16.shuffle(bgLow, rxLow, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 16);
        v128.store(target, i8x16.shuffle(bgHigh, rxHigh, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), 32);
        v128.store(target, i8x16.shuffle(bgHigh, rxHigh, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 48);
        target += 64;
      }
    }
    for (; x < right; x++) {
      const at = chromaRow + <usize>(x >> 1) * <usize>chromaStep;
      store<u32>(
        target,
        pixel(
          load<u8>(lumaRow + x), load<u8>(u + at), load<u8>(v + at),
          black, lumaScale, redFromV, greenFromU, greenFromV, blueFromU,
        ),
      );
      target += 4;
    }
  }
}
