// Resampling with any separable filter, and blending.

/**
 * A row table has, for each row of the result, `4 + 2 * taps` bytes: the first source row, then a weight of 16 bits for
 * each of the rows from there. A column table has `4 + 16 * pairs` bytes for each column of the result: the first
 * source column, then for each pair of columns from there eight weights of 16 bits, four times the first one's, four
 * times the second one's. The weights of a row or column add up to 256.
 */
export function scaleRectangle(
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
  rows: usize,
  taps: i32,
  columns: usize,
  pairs: i32,
  buffer: usize,
): void {
  const rowEntry = <usize>(4 + 2 * taps);
  const columnEntry = <usize>(4 + 16 * pairs);
  const first = load<i32>(columns);
  const last = load<i32>(columns + <usize>(width - 1) * columnEntry) + 2 * pairs;
  const span = (<usize>(last - first)) << 2;
  for (let y = 0; y < height; y++) {
    const row = rows + <usize>y * rowEntry;
    const source = from + <usize>load<i32>(row) * <usize>fromStride + ((<usize>first) << 2);
    blendRows(source, fromStride, row + 4, taps, buffer, span);
    let target = to + <usize>y * <usize>toStride;
    let column = columns;
    for (let x = 0; x < width; x++) {
      const at = buffer + ((<usize>(load<i32>(column) - first)) << 2);
      if (ASC_FEATURE_SIMD) {
        let sum = i16x8.mul(v128.load8x8_u(at), v128.load(column, 4));
        for (let pair = 1; pair < pairs; pair++) {
          const weights = v128.load(column + ((<usize>pair) << 4), 4);
          sum = i16x8.add(sum, i16x8.mul(v128.load8x8_u(at + ((<usize>pair) << 3)), weights));
        }
        const both = i16x8.add(sum, i8x16.shuffle(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
        const rounded = i16x8.shr_u(i16x8.add(both, i16x8.splat(128)), 8);
        store<i32>(target, i32x4.extract_lane(i8x16.narrow_i16x8_u(rounded, rounded), 0) & 0x00ffffff);
      } else {
        for (let i: usize = 0; i < 3; i++) {
          let sum: u32 = 128;
          for (let pair: usize = 0; pair < <usize>pairs; pair++) {
            const weights = column + (pair << 4);
            const pixels = at + (pair << 3) + i;
            sum += <u32>load<u8>(pixels) * load<u16>(weights, 4) + <u32>load<u8>(pixels, 4) * load<u16>(weights, 12);
          }
          store<u8>(target + i, <u8>(sum >> 8));
        }
        store<u8>(target, 0, 3);
      }
      target += 4;
      column += columnEntry;
    }
  }
}

/** The weighted sum of rows of bytes. Reads and writes whole vectors, a few bytes past the end. */
function blendRows(from: usize, stride: i32, weights: usize, taps: i32, to: usize, bytes: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let offset: usize = 0; offset < bytes; offset += 16) {
      let low = i16x8.splat(128);
      let high = low;
      let at = from + offset;
      for (let tap = 0; tap < taps; tap++) {
        const weight = i16x8.splat(load<i16>(weights + ((<usize>tap) << 1)));
        const pixels = v128.load(at);
        low = i16x8.add(low, i16x8.mul(i16x8.extend_low_i8x16_u(pixels), weight));
        high = i16x8.add(high, i16x8.mul(i16x8.extend_high_i8x16_u(pixels), weight));
        at += <usize>stride;
      }
      v128.store(to + offset, i8x16.narrow_i16x8_u(i16x8.shr_u(low, 8), i16x8.shr_u(high, 8)));
    }
  } else {
    for (let offset: usize = 0; offset < bytes; offset++) {
      let sum: u32 = 128;
      let at = from + offset;
      for (let tap = 0; tap < taps; tap++) {
        sum += <u32>load<u8>(at) * load<u16>(weights + ((<usize>tap) << 1));
        at += <usize>stride;
      }
      store<u8>(to + offset, <u8>(sum >> 8));
    }
  }
}

/** x / 255, rounded, for x up to 65025. */
// @ts-ignore: decorator
@inline
function over255(x: v128): v128 {
  const more = i16x8.add(x, i16x8.splat(128));
  return i16x8.shr_u(i16x8.add(more, i16x8.shr_u(more, 8)), 8);
}

export function blendPremultiplied(
  rgba: usize,
  rgbaStride: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
): void {
  for (let y = 0; y < height; y++) {
    const source = rgba + <usize>y * <usize>rgbaStride;
    const target = to + <usize>y * <usize>toStride;
    for (let x = 0; x < width; x++) {
      const offset = (<usize>x) << 2;
      if (ASC_FEATURE_SIMD) {
        // Widened to R G B A, shuffled to B G R A, with A in four lanes to fade the background.
        const pixel = i16x8.extend_low_i8x16_u(v128.load32_zero(source + offset));
        const colour = i8x16.shuffle(pixel, pixel, 4, 5, 2, 3, 0, 1, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0);
        const alpha = i8x16.shuffle(pixel, pixel, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7);
        const below = i16x8.extend_low_i8x16_u(v128.load32_zero(target + offset));
        const faded = over255(i16x8.mul(below, i16x8.sub(i16x8.splat(255), alpha)));
        const result = i16x8.add(colour, faded);
        store<i32>(target + offset, i32x4.extract_lane(i8x16.narrow_i16x8_u(result, result), 0) & 0x00ffffff);
      } else {
        const below = 255 - <u32>load<u8>(source + offset, 3);
        for (let i: usize = 0; i < 3; i++) {
          const faded = (<u32>load<u8>(target + offset + i) * below + 127) / 255;
          store<u8>(target + offset + i, <u8>min<u32>(<u32>load<u8>(source + offset + 2 - i) + faded, 255));
        }
        store<u8>(target + offset, 0, 3);
      }
    }
  }
}
