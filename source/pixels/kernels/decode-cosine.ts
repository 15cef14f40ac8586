// Paints a rectangle of the Cosine encoding (docs/cosine.md).
import {
  MACRO_HEIGHT,
  MACRO_WIDTH,
  MAX_PACKED,
  placeOf,
  scaleOf,
  UNIT_BYTES,
  usedOf,
  WHOLE,
  WHOLE_BYTES,
} from './cosine-tables';
import { inverseCosine, turnLanes } from './cosine-transform';

// Offsets in scratch.
const UNIT: usize = 0;
const WIDTHS: usize = UNIT_BYTES;
const LUMA_FACTORS: usize = WIDTHS + 64;
const CHROMA_FACTORS: usize = LUMA_FACTORS + 128;
const REST: usize = CHROMA_FACTORS + 128;
const PLANES: usize = REST + 64;

/** Fraction bits of the transform's input. */
const FRACTION: i32 = 5;
/** Interpolating rows adds two bits to chroma, which leaves no room for two more when interpolating columns. */
const CHROMA_SHIFT: i32 = 3;
const CHROMA_HALF: i16 = 4;
/** Half of the range, subtracted from luma by the encoder, and half a pixel, for rounding. */
const HALF: i16 = 128 * 32 + 16;
/** Buffered rows of luma and chroma: those of two rows of macros. */
const LUMA_ROWS: i32 = 32;
const CHROMA_ROWS: i32 = 16;
/** Padding in bytes on each side of a chroma row, for neighbours. */
const MARGIN: usize = 16;

/**
 * For width w: the byte offset of the two bytes with lane i's bits, and the multiplier that moves these bits to the
 * top. 9 times 16 bytes each.
 */
const WINDOWS = memory.data<u8>([
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 0, 1, 0, 1, 0, 1, 1, 2, 1, 2, 1, 2, 1, 2,
  0, 1, 0, 1, 0, 1, 1, 2, 1, 2, 1, 2, 2, 3, 2, 3,
  0, 1, 0, 1, 1, 2, 1, 2, 2, 3, 2, 3, 3, 4, 3, 4,
  0, 1, 0, 1, 1, 2, 1, 2, 2, 3, 3, 4, 3, 4, 4, 5,
  0, 1, 0, 1, 1, 2, 2, 3, 3, 4, 3, 4, 4, 5, 5, 6,
  0, 1, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7,
  0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8,
]);

/** Eight raw numbers of `width` bits each. */
// @ts-ignore: decorator
@inline
function unpack(from: usize, width: i32): v128 {
  const windows = i8x16.swizzle(v128.load64_zero(from), v128.load(WINDOWS + (<usize>width << 4)));
  return i16x8.shr_s(i16x8.mul(windows, v128.load(LIFTS + (<usize>width << 4))), 16 - width);
}

/** 2^(16 - w - (i w mod 8)) for lane i, as 16 bits. */
const LIFTS = memory.data<u16>([
  0, 0, 0, 0, 0, 0, 0, 0,
  32768, 16384, 8192, 4096, 2048, 1024, 512, 256,
  16384, 4096, 1024, 256, 16384, 4096, 1024, 256,
  8192, 1024, 128, 4096, 512, 64, 2048, 256,
  4096, 256, 4096, 256, 4096, 256, 4096, 256,
  2048, 64, 512, 16, 128, 1024, 32, 256,
  1024, 16, 64, 256, 1024, 16, 64, 256,
  512, 4, 8, 16, 32, 64, 128, 256,
  256, 256, 256, 256, 256, 256, 256, 256,
]);

/** Left shift of values before multiplication: as far as 16 bits allow. @param step in quarters */
function liftOf(step: i32): i32 {
  return max(0, <i32>Math.ceil(Math.log2(<f64>step * 0.25 * 7.7)));
}

/** One factor per position of a block, row by row: 16 bits, 15 of them fraction. @param step in quarters */
function setFactors(to: usize, step: i32, lift: i32): void {
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      const value = <f64>step * 0.25 * scaleOf(row, column) * <f64>(1 << FRACTION) * 0.125;
      const factor = (value * 32768.0) / <f64>(1 << lift);
      store<i16>(to + (<usize>(row * 8 + column) << 1), <i16>min(nearest(factor), 32767.0));
    }
  }
}

/** Reads the widths of a unit's values. @returns one bit for each that is used; bits beyond the count are not widths */
// @ts-ignore: decorator
@inline
function readWidths(from: usize, count: i32, widths: usize): u64 {
  for (let k: usize = 0; k < 32; k += 8) {
    const v = i16x8.extend_low_i8x16_u(v128.load64_zero(from + 1 + k));
    v128.store(widths + (k << 1), v128.and(v128.or(v, i16x8.shl(v, 4)), i16x8.splat(0x0f0f)));
  }
  return count == 0 ? 0 : usedOf(widths) & (<u64>-1 >>> (64 - count));
}

/** @returns a unit's end, or 0 when it is invalid */
function skipUnit(from: usize): usize {
  const count = <i32>load<u8>(from);
  if (count > 64) return 0;
  let lengths = i16x8.splat(0);
  let invalid = i8x16.splat(0);
  let index = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (let k: i32 = 0; k < count; k += 16) {
    const bytes = i16x8.extend_low_i8x16_u(v128.load64_zero(from + 1 + <usize>(k >> 1)));
    const all = v128.and(v128.or(bytes, i16x8.shl(bytes, 4)), i16x8.splat(0x0f0f));
    const width = v128.and(all, i8x16.lt_u(index, i8x16.splat(<i8>count)));
    invalid = v128.or(invalid, i8x16.gt_u(width, i8x16.splat(<i8>WHOLE)));
    const whole = v128.and(i8x16.eq(width, i8x16.splat(<i8>WHOLE)), i8x16.splat(<i8>(<i32>WHOLE_BYTES - WHOLE)));
    lengths = i16x8.add(lengths, i16x8.extadd_pairwise_i8x16_u(i8x16.add(width, whole)));
    index = i8x16.add(index, i8x16.splat(16));
  }
  if (v128.any_true(invalid)) return 0;
  const sums = i32x4.extadd_pairwise_i16x8_u(lengths);
  const values =
    i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  return from + 1 + <usize>((count + 1) >> 1) + <usize>values;
}

/** Reads a unit's values into position. @returns its end, or 0 when it is invalid */
function readUnit(from: usize, unit: usize, widths: usize): usize {
  const count = <i32>load<u8>(from);
  if (count > 64) return 0;
  let used = readWidths(from, count, widths);
  memory.fill(unit, 0, UNIT_BYTES);
  let at = from + 1 + <usize>((count + 1) >> 1);
  for (; used != 0; used &= used - 1) {
    const k = <i32>ctz(used);
    const width = <i32>load<u8>(widths + <usize>k);
    if (width <= MAX_PACKED) {
      v128.store(unit + placeOf(k), unpack(at, width));
      at += <usize>width;
    } else {
      if (width != WHOLE) return 0;
      v128.store(unit + placeOf(k), v128.load(at));
      at += WHOLE_BYTES;
    }
  }
  return at;
}

/** Undoes the prediction of each block's first value from the block to the left. @returns the vector itself */
// @ts-ignore: decorator
@inline
function fromDifferences(unit: usize, before: v128): v128 {
  const zero = i16x8.splat(0);
  const v = v128.load(unit);
  const one = i16x8.add(v, v128.shuffle<i16>(v, zero, 8, 0, 1, 2, 8, 4, 5, 6));
  const two = i16x8.add(one, v128.shuffle<i16>(one, zero, 8, 8, 0, 1, 8, 8, 4, 5));
  const first = i16x8.add(two, v128.shuffle<i16>(before, before, 3, 3, 3, 3, 7, 7, 7, 7));
  v128.store(unit, first);
  return first;
}

/** Dequantizes, and does the second half of the inverse transform. */
function transformColumns(unit: usize, factors: usize, lift: i32): void {
  for (let x: usize = 0; x < 8; x++) {
    const column = unit + (x << 4);
    for (let y: usize = 0; y < 8; y++) {
      const at = column + (y << 7);
      const factor = v128.load16_splat(factors + (y << 4) + (x << 1));
      v128.store(at, i16x8.q15mulr_sat_s(i16x8.shl(v128.load(at), lift), factor));
    }
    inverseCosine(column, 128);
  }
}

/**
 * Interpolates a chroma row between two: three quarters of the nearer one; four fraction bits. The end pixels are
 * repeated outwards.
 */
function blendChroma(near: usize, far: usize, to: usize, columns: i32): void {
  const three = i16x8.splat(3);
  const half = i16x8.splat(CHROMA_HALF);
  const bytes = <usize>columns << 1;
  for (let x: usize = 0; x < bytes; x += 16) {
    const sum = i16x8.add(i16x8.mul(v128.load(near + x), three), v128.load(far + x));
    v128.store(to + x, i16x8.shr_s(i16x8.add(sum, half), CHROMA_SHIFT));
  }
  store<i16>(to - 2, load<i16>(to));
  store<i16>(to + bytes, load<i16>(to + bytes - 2));
}

/** Interpolates eight columns to sixteen: three quarters of the nearer one; six fraction bits. */
// @ts-ignore: decorator
@inline
function evenOf(at: usize): v128 {
  return i16x8.add(i16x8.mul(v128.load(at), i16x8.splat(3)), v128.load(at - 2));
}
// @ts-ignore: decorator
@inline
function oddOf(at: usize): v128 {
  return i16x8.add(i16x8.mul(v128.load(at), i16x8.splat(3)), v128.load(at + 2));
}
// @ts-ignore: decorator
@inline
function mulr(v: v128, fraction: i32): v128 {
  return i16x8.q15mulr_sat_s(v, i16x8.splat(<i16>fraction));
}
// @ts-ignore: decorator
@inline
function toPixel(v: v128): v128 {
  return i16x8.shr_s(v, FRACTION);
}

/** Sixteen pixels from their luma and eight values of each chroma. */
// @ts-ignore: decorator
@inline
function paintSixteen(luma: usize, blueness: usize, redness: usize, to: usize): void {
  const half = i16x8.splat(HALF);
  const cbEven = evenOf(blueness);
  const cbOdd = oddOf(blueness);
  const crEven = evenOf(redness);
  const crOdd = oddOf(redness);
  const cb0 = v128.shuffle<i16>(cbEven, cbOdd, 0, 8, 1, 9, 2, 10, 3, 11);
  const cb1 = v128.shuffle<i16>(cbEven, cbOdd, 4, 12, 5, 13, 6, 14, 7, 15);
  const cr0 = v128.shuffle<i16>(crEven, crOdd, 0, 8, 1, 9, 2, 10, 3, 11);
  const cr1 = v128.shuffle<i16>(crEven, crOdd, 4, 12, 5, 13, 6, 14, 7, 15);
  const y0 = i16x8.add(v128.load(luma), half);
  const y1 = i16x8.add(v128.load(luma, 16), half);
  // 1.772, 0.344136, 0.714136 and 1.402, halved: chroma has one fraction bit more than luma.
  const blue = i8x16.narrow_i16x8_u(
    toPixel(i16x8.add_sat_s(y0, mulr(cb0, 29032))),
    toPixel(i16x8.add_sat_s(y1, mulr(cb1, 29032))),
  );
  const red = i8x16.narrow_i16x8_u(
    toPixel(i16x8.add_sat_s(y0, mulr(cr0, 22970))),
    toPixel(i16x8.add_sat_s(y1, mulr(cr1, 22970))),
  );
  const green = i8x16.narrow_i16x8_u(
    toPixel(i16x8.sub_sat_s(y0, i16x8.add(mulr(cb0, 5638), mulr(cr0, 11700)))),
    toPixel(i16x8.sub_sat_s(y1, i16x8.add(mulr(cb1, 5638), mulr(cr1, 11700)))),
  );
  const bgLow = v128.shuffle<i8>(blue, green, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const bgHigh = v128.shuffle<i8>(blue, green, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const rLow = i16x8.extend_low_i8x16_u(red);
  const rHigh = i16x8.extend_high_i8x16_u(red);
  v128.store(to, v128.shuffle<i16>(bgLow, rLow, 0, 8, 1, 9, 2, 10, 3, 11));
  v128.store(to, v128.shuffle<i16>(bgLow, rLow, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  v128.store(to, v128.shuffle<i16>(bgHigh, rHigh, 0, 8, 1, 9, 2, 10, 3, 11), 32);
  v128.store(to, v128.shuffle<i16>(bgHigh, rHigh, 4, 12, 5, 13, 6, 14, 7, 15), 48);
}

function paintRow(luma: usize, blueness: usize, redness: usize, width: i32, rest: usize, to: usize): void {
  let x: i32 = 0;
  for (; x + 16 <= width; x += 16) {
    const chroma = <usize>x;
    paintSixteen(luma + (<usize>x << 1), blueness + chroma, redness + chroma, to + (<usize>x << 2));
  }
  if (x == width) return;
  paintSixteen(luma + (<usize>x << 1), blueness + <usize>x, redness + <usize>x, rest);
  memory.copy(to + (<usize>x << 2), rest, <usize>(width - x) << 2);
}

export function decodeCosine(
  from: usize,
  length: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
  lumaStep: i32,
  chromaStep: i32,
  scratch: usize,
  above: i32,
  below: i32,
): i32 {
  const unit = scratch + UNIT;
  const widths = scratch + WIDTHS;
  const lumaLift = liftOf(lumaStep);
  const chromaLift = liftOf(chromaStep);
  setFactors(scratch + LUMA_FACTORS, lumaStep, lumaLift);
  setFactors(scratch + CHROMA_FACTORS, chromaStep, chromaLift);
  const padded = (width + MACRO_WIDTH - 1) & -MACRO_WIDTH;
  const lumaStride = <usize>padded << 1;
  const chromaStride = <usize>padded + 2 * MARGIN;
  const lumaRows = scratch + PLANES;
  const blueRows = lumaRows + lumaStride * <usize>LUMA_ROWS + MARGIN;
  const redRows = blueRows + chromaStride * <usize>CHROMA_ROWS;
  const blended = redRows + chromaStride * <usize>CHROMA_ROWS;
  const columns = (width + 1) >> 1;
  const lastChroma = ((height + 1) >> 1) - 1;
  const end = from + <usize>length;
  let at = from;
  let row = above * MACRO_HEIGHT;
  const painted = below == 0 ? height : (height - 1) & -MACRO_HEIGHT;
  for (let y = 0; y < height; y += MACRO_HEIGHT) {
    const onlyChroma = (y == 0 && above != 0) || y == painted;
    let luma = i16x8.splat(0);
    let chroma = i16x8.splat(0);
    const lumaTop = lumaRows + <usize>(y & (LUMA_ROWS - 1)) * lumaStride;
    const chromaTop = <usize>((y >> 1) & (CHROMA_ROWS - 1)) * chromaStride;
    for (let x = 0; x < padded; x += MACRO_WIDTH) {
      for (let half: usize = 0; half < 2; half++) {
        if (at >= end) return 0;
        if (onlyChroma) {
          at = skipUnit(at);
          if (at == 0) return 0;
          continue;
        }
        at = readUnit(at, unit, widths);
        if (at == 0) return 0;
        luma = fromDifferences(unit, luma);
        transformColumns(unit, scratch + LUMA_FACTORS, lumaLift);
        const place = lumaTop + (<usize>x << 1) + (half << 6);
        for (let line: usize = 0; line < 8; line++) {
          const values = unit + (line << 7);
          inverseCosine(values, 16);
          turnLanes(values, values + 64, place + line * lumaStride, place + (line + 8) * lumaStride);
        }
      }
      if (at >= end) return 0;
      at = readUnit(at, unit, widths);
      if (at == 0) return 0;
      chroma = fromDifferences(unit, chroma);
      transformColumns(unit, scratch + CHROMA_FACTORS, chromaLift);
      for (let line: usize = 0; line < 8; line++) {
        const values = unit + (line << 7);
        inverseCosine(values, 16);
        const place = chromaTop + line * chromaStride + <usize>x;
        turnLanes(values, values + 64, blueRows + place, redRows + place);
      }
    }
    // The last row of these macros needs the next macros' chroma.
    const ready = min(painted, y + MACRO_HEIGHT >= height ? height : y + MACRO_HEIGHT - 1);
    for (; row < ready; row++) {
      const near = row >> 1;
      const far = max(0, min(lastChroma, (row & 1) == 0 ? near - 1 : near + 1));
      const nearAt = <usize>(near & (CHROMA_ROWS - 1)) * chromaStride;
      const farAt = <usize>(far & (CHROMA_ROWS - 1)) * chromaStride;
      blendChroma(blueRows + nearAt, blueRows + farAt, blended, columns);
      blendChroma(redRows + nearAt, redRows + farAt, blended + chromaStride, columns);
      const source = lumaRows + <usize>(row & (LUMA_ROWS - 1)) * lumaStride;
      const target = to + <usize>row * <usize>toStride;
      paintRow(source, blended, blended + chromaStride, width, scratch + REST, target);
    }
  }
  return at == end ? 1 : 0;
}

export function findCosineRows(from: usize, length: i32, width: i32, height: i32, out: usize): i32 {
  const units = ((width + MACRO_WIDTH - 1) / MACRO_WIDTH) * 3;
  const end = from + <usize>length;
  let at = from;
  for (let y = 0; y < height; y += MACRO_HEIGHT) {
    store<i32>(out, <i32>(at - from));
    out += 4;
    for (let unit = 0; unit < units; unit++) {
      if (at >= end) return 0;
      at = skipUnit(at);
      if (at == 0) return 0;
    }
  }
  store<i32>(out, <i32>(at - from));
  return at == end ? 1 : 0;
}
