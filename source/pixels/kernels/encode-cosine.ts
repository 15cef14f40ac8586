// Encodes a photographic rectangle as Cosine (docs/cosine.md).
import { MACRO_HEIGHT, MACRO_WIDTH, rankOf, scaleOf, UNIT_BYTES, usedOf, WHOLE, WHOLE_BYTES } from './cosine-tables';
import { forwardCosine, turnLanes } from './cosine-transform';

// Offsets in scratch.
const PIXELS: usize = 0;
const PIXELS_STRIDE: usize = 256;
const LUMA: usize = 4096;
const LUMA_STRIDE: usize = 128;
const CHROMA: usize = LUMA + 2048;
const CHROMA_STRIDE: usize = 64;
const CHROMA_PLANE: usize = 512;
const UNIT: usize = CHROMA + 1024;
const VALUES: usize = UNIT + UNIT_BYTES;
const WIDTHS: usize = VALUES + UNIT_BYTES;
const LUMA_FACTORS: usize = WIDTHS + 64;
const CHROMA_FACTORS: usize = LUMA_FACTORS + 128;
const MORE: usize = CHROMA_FACTORS + 128;

/** Pixels go in with one bit of fraction. What comes out is 16 * SCALE times what it is, with that bit. */
const OUT_SCALE: f64 = 16.0;
const ONE: f64 = 32768.0;

/** One factor per position of a block, row by row: 16 bits, 15 of them fraction. @param step in quarters */
function setFactors(to: usize, step: i32): void {
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      const factor = ONE / (OUT_SCALE * scaleOf(row, column) * (<f64>step * 0.25));
      store<i16>(to + (<usize>(row * 8 + column) << 1), <i16>min(nearest(factor), 32767.0));
    }
  }
}

/**
 * Doubled luma, minus half the range, of eight pixels whose B, G and R have 16 bits each: (77 R + 150 G + 29 B) / 256.
 */
// @ts-ignore: decorator
@inline
function lumaOf(blue: v128, green: v128, red: v128): v128 {
  const sum = i16x8.add(
    i16x8.add(i16x8.mul(red, i16x8.splat(77)), i16x8.mul(green, i16x8.splat(150))),
    i16x8.add(i16x8.mul(blue, i16x8.splat(29)), i16x8.splat(64)),
  );
  return i16x8.sub(i16x8.shr_u(sum, 7), i16x8.splat(256));
}

/** The sums of neighbouring 16-bit lanes, of two vectors. */
// @ts-ignore: decorator
@inline
function pairs(left: v128, right: v128): v128 {
  const ones = i16x8.splat(1);
  return i16x8.narrow_i32x4_s(i32x4.dot_i16x8_s(left, ones), i32x4.dot_i16x8_s(right, ones));
}

// @ts-ignore: decorator
@inline
function blueGreen(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
}
// @ts-ignore: decorator
@inline
function redOf(a: v128, b: v128): v128 {
  return i16x8.extend_low_i8x16_u(v128.shuffle<i8>(a, b, 2, 6, 10, 14, 18, 22, 26, 30, 2, 6, 10, 14, 18, 22, 26, 30));
}

/**
 * Luma of 8x2 pixels, and per column the sums over both rows of blue minus luma and red minus luma: two vectors at
 * `more`.
 */
// @ts-ignore: decorator
@inline
function twoRows(from: usize, stride: usize, luma: usize, more: usize): void {
  const above0 = v128.load(from);
  const above1 = v128.load(from, 16);
  const below0 = v128.load(from + stride);
  const below1 = v128.load(from + stride, 16);
  const above = blueGreen(above0, above1);
  const below = blueGreen(below0, below1);
  const blueA = i16x8.extend_low_i8x16_u(above);
  const blueB = i16x8.extend_low_i8x16_u(below);
  const redA = redOf(above0, above1);
  const redB = redOf(below0, below1);
  const lumaA = lumaOf(blueA, i16x8.extend_high_i8x16_u(above), redA);
  const lumaB = lumaOf(blueB, i16x8.extend_high_i8x16_u(below), redB);
  v128.store(luma, lumaA);
  v128.store(luma + LUMA_STRIDE, lumaB);
  // Luma is doubled, and lacks half the range in each pixel.
  const less = i16x8.add(i16x8.add(lumaA, lumaB), i16x8.splat(512));
  v128.store(more, i16x8.sub(i16x8.shl(i16x8.add(blueA, blueB), 1), less));
  v128.store(more, i16x8.sub(i16x8.shl(i16x8.add(redA, redB), 1), less), 16);
}

/**
 * Converts a macro's pixels to 16 rows of luma and 8 of each chroma, all doubled; chroma is the mean of four pixels.
 */
function convertMacro(from: usize, stride: usize, scratch: usize): void {
  const more = scratch + MORE;
  for (let y: usize = 0; y < 8; y++) {
    for (let x: usize = 0; x < 4; x++) {
      const at = from + y * 2 * stride + (x << 6);
      const luma = scratch + LUMA + y * 2 * LUMA_STRIDE + (x << 5);
      twoRows(at, stride, luma, more);
      twoRows(at + 32, stride, luma + 16, more + 32);
      const place = scratch + CHROMA + y * CHROMA_STRIDE + (x << 4);
      // 0.564334 and 0.713267 times the mean, doubled; the sums are of four pixels, doubled.
      const blue = pairs(v128.load(more), v128.load(more, 32));
      const red = pairs(v128.load(more, 16), v128.load(more, 48));
      v128.store(place, i16x8.q15mulr_sat_s(blue, i16x8.splat(4623)));
      v128.store(place + CHROMA_PLANE, i16x8.q15mulr_sat_s(red, i16x8.splat(5843)));
    }
  }
}

/** Copies a macro that exceeds the rectangle, repeating its last pixels. */
function padMacro(from: usize, stride: usize, columns: i32, rows: i32, to: usize): void {
  for (let y = 0; y < MACRO_HEIGHT; y++) {
    const row = to + <usize>y * PIXELS_STRIDE;
    memory.copy(row, from + <usize>min(y, rows - 1) * stride, <usize>columns << 2);
    const last = load<u32>(row + (<usize>(columns - 1) << 2));
    for (let x = columns; x < MACRO_WIDTH; x++) store<u32>(row + (<usize>x << 2), last);
  }
}

/** For each number a value whose highest bit is the number's width, sign included; 0 for 0. */
// @ts-ignore: decorator
@inline
function sizes(at: usize): v128 {
  const v = v128.load(at);
  return v128.xor(i16x8.shl(v, 1), i16x8.shr_s(v, 15));
}

/** Reduces two vectors: each lane joined with the one four lanes further. */
// @ts-ignore: decorator
@inline
function join4(a: v128, b: v128): v128 {
  return v128.or(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3));
}
// @ts-ignore: decorator
@inline
function join2(a: v128, b: v128): v128 {
  return v128.or(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}
// @ts-ignore: decorator
@inline
function join1(a: v128, b: v128): v128 {
  return v128.or(
    v128.shuffle<i16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14),
    v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15),
  );
}

/** The bit widths of four 32-bit numbers, from a float's exponent. */
// @ts-ignore: decorator
@inline
function bitsOf(v: v128): v128 {
  const exponents = i32x4.shr_u(f32x4.convert_i32x4_s(v), 23);
  return i32x4.max_s(i32x4.sub(exponents, i32x4.splat(126)), i32x4.splat(0));
}

/** The width of the widest number in each of 64 vectors, a byte each; WHOLE if it exceeds the limit. */
function findWidths(values: usize, widths: usize): void {
  for (let k: usize = 0; k < 64; k += 8) {
    const at = values + (k << 4);
    const low = join2(join4(sizes(at), sizes(at + 16)), join4(sizes(at + 32), sizes(at + 48)));
    const high = join2(join4(sizes(at + 64), sizes(at + 80)), join4(sizes(at + 96), sizes(at + 112)));
    const all = join1(low, high);
    const bits = i16x8.narrow_i32x4_s(
      bitsOf(i32x4.extend_low_i16x8_u(all)),
      bitsOf(i32x4.extend_high_i16x8_u(all)),
    );
    const width = i16x8.min_s(bits, i16x8.splat(<i16>WHOLE));
    v128.store64_lane(widths + k, i8x16.narrow_i16x8_u(width, width), 0);
  }
}

/** Packs eight numbers of `width` bits, the first lowest. Eight bytes are written. */
// @ts-ignore: decorator
@inline
function pack(v: v128, width: i32): i64 {
  const masked = v128.and(v, i16x8.shr_u(i16x8.splat(-1), 16 - width));
  const two = i32x4.dot_i16x8_s(masked, i32x4.splat(1 | (0x10000 << width)));
  const four = v128.or(
    v128.and(two, i64x2.splat(0xffffffff)),
    i64x2.shl(i64x2.shr_u(two, 32), width << 1),
  );
  return i64x2.extract_lane(four, 0) | (i64x2.extract_lane(four, 1) << (<i64>width << 2));
}

/** Predicts each block's first value from the block to the left. @returns the vector itself */
// @ts-ignore: decorator
@inline
function toDifferences(values: usize, before: v128): v128 {
  const first = v128.load(values);
  v128.store(values, i16x8.sub(first, v128.shuffle<i16>(before, first, 3, 8, 9, 10, 7, 12, 13, 14)));
  return first;
}

/** Transforms and quantizes eight blocks; the values are left in position. */
function encodeUnit(top: usize, bottom: usize, stride: usize, factors: usize, scratch: usize): void {
  const unit = scratch + UNIT;
  const values = scratch + VALUES;
  for (let y: usize = 0; y < 8; y++) {
    const row = unit + (y << 7);
    turnLanes(top + y * stride, bottom + y * stride, row, row + 64);
    forwardCosine(row, 16);
  }
  for (let x: usize = 0; x < 8; x++) {
    const column = unit + (x << 4);
    forwardCosine(column, 128);
    for (let y: usize = 0; y < 8; y++) {
      const at = column + (y << 7);
      const factor = v128.load16_splat(factors + (y << 4) + (x << 1));
      v128.store(values + rankOf(y, x), i16x8.q15mulr_sat_s(v128.load(at), factor));
    }
  }
}

/** @returns the end of what was written */
function writeUnit(values: usize, widths: usize, to: usize): usize {
  findWidths(values, widths);
  let used = usedOf(widths);
  const count = 64 - <i32>clz(used);
  store<u8>(to, count);
  // Two widths per byte, the first in the lower half.
  for (let k: usize = 0; k < 64; k += 16) {
    const v = v128.load(widths + k);
    const nibbles = v128.and(v128.or(v, i16x8.shr_u(v, 4)), i16x8.splat(0xff));
    v128.store64_lane(to + 1 + (k >> 1), i8x16.narrow_i16x8_u(nibbles, nibbles), 0);
  }
  let at = to + 1 + (<usize>(count + 1) >> 1);
  for (; used != 0; used &= used - 1) {
    const k = <usize>ctz(used);
    const width = <i32>load<u8>(widths + k);
    const v = v128.load(values + (k << 4));
    if (width == WHOLE) {
      v128.store(at, v);
      at += WHOLE_BYTES;
    } else {
      store<i64>(at, pack(v, width));
      at += <usize>width;
    }
  }
  return at;
}

export function encodeCosine(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  lumaStep: i32,
  chromaStep: i32,
  scratch: usize,
  to: usize,
): i32 {
  const values = scratch + VALUES;
  const widths = scratch + WIDTHS;
  setFactors(scratch + LUMA_FACTORS, lumaStep);
  setFactors(scratch + CHROMA_FACTORS, chromaStep);
  let at = to;
  for (let y = 0; y < height; y += MACRO_HEIGHT) {
    let luma = i16x8.splat(0);
    let chroma = i16x8.splat(0);
    for (let x = 0; x < width; x += MACRO_WIDTH) {
      let pixels = from + <usize>y * <usize>fromStride + (<usize>x << 2);
      let stride = <usize>fromStride;
      if (x + MACRO_WIDTH > width || y + MACRO_HEIGHT > height) {
        padMacro(pixels, stride, min(width - x, MACRO_WIDTH), min(height - y, MACRO_HEIGHT), scratch + PIXELS);
        pixels = scratch + PIXELS;
        stride = PIXELS_STRIDE;
      }
      convertMacro(pixels, stride, scratch);
      for (let half: usize = 0; half < 2; half++) {
        const top = scratch + LUMA + (half << 6);
        encodeUnit(top, top + 8 * LUMA_STRIDE, LUMA_STRIDE, scratch + LUMA_FACTORS, scratch);
        luma = toDifferences(values, luma);
        at = writeUnit(values, widths, at);
      }
      const top = scratch + CHROMA;
      encodeUnit(top, top + CHROMA_PLANE, CHROMA_STRIDE, scratch + CHROMA_FACTORS, scratch);
      chroma = toDifferences(values, chroma);
      at = writeUnit(values, widths, at);
    }
  }
  return <i32>(at - to);
}
