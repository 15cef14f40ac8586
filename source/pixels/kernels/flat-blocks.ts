// How flat small blocks are: what tells drawn content from a film.

const SIDE = 8;

/**
 * For each block of 8x8 pixels, row by row, a byte: how many of its pixels equal their neighbour to the right (0 to 64).
 * Blocks at the right and bottom edge may be smaller; their missing pixels count as different. The pixel after the last
 * one of each row is read, too.
 */
export function flatBlocks(from: usize, fromStride: i32, width: i32, height: i32, out: usize): void {
  const columns = (width + SIDE - 1) / SIDE;
  for (let top = 0; top < height; top += SIDE) {
    const rows = min(SIDE, height - top);
    for (let column = 0; column < columns; column++) {
      const left = column * SIDE;
      const pixels = min(SIDE, width - left);
      let source = from + <usize>top * <usize>fromStride + <usize>left * 4;
      let equal = 0;
      if (ASC_FEATURE_SIMD && pixels === SIDE) {
        let sums = i32x4.splat(0);
        for (let y = 0; y < rows; y++) {
          sums = i32x4.sub(sums, alike(source));
          sums = i32x4.sub(sums, alike(source + 16));
          source += <usize>fromStride;
        }
        equal =
          i32x4.extract_lane(sums, 0) +
          i32x4.extract_lane(sums, 1) +
          i32x4.extract_lane(sums, 2) +
          i32x4.extract_lane(sums, 3);
      } else {
        for (let y = 0; y < rows; y++) {
          for (let x = 0; x < pixels; x++) {
            const here = source + (<usize>x << 2);
            if (((load<u32>(here) ^ load<u32>(here, 4)) & 0x00ffffff) === 0) equal++;
          }
          source += <usize>fromStride;
        }
      }
      store<u8>(out, <u8>equal);
      out++;
    }
  }
}

/** For each of four pixels, all bits set where it equals the next one. */
// @ts-ignore: decorator
@inline
function alike(source: usize): v128 {
  const difference = v128.and(v128.xor(v128.load(source), v128.load(source, 4)), i32x4.splat(0x00ffffff));
  return i32x4.eq(difference, i32x4.splat(0));
}
