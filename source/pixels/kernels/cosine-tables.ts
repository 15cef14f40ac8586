// Constants shared by both ends of the Cosine encoding (docs/cosine.md).

/** Pixels of a macro: two units of luma, 32x16 pixels each, and one of chroma. */
export const MACRO_WIDTH: i32 = 64;
export const MACRO_HEIGHT: i32 = 16;
/** Vectors of a unit: one for each of the 64 places of a block, one lane for each of its eight blocks. */
export const UNIT_BYTES: usize = 64 * 16;
/** The code for wider values: 16 bits per lane. */
export const MAX_PACKED: i32 = 8;
export const WHOLE: i32 = 9;
export const WHOLE_BYTES: usize = 16;

/** A bit mask of the nonzero widths among 64 bytes. */
// @ts-ignore: decorator
@inline
export function usedOf(widths: usize): u64 {
  let used: u64 = 0;
  const zero = i8x16.splat(0);
  for (let k: usize = 0; k < 64; k += 16) {
    used |= <u64>i8x16.bitmask(i8x16.ne(v128.load(widths + k), zero)) << k;
  }
  return used;
}

/** The position of the k-th value of a block in zigzag order (as in JPEG), in bytes from its first. */
const ORDER = memory.data<u16>([
  0, 16, 128, 256, 144, 32, 48, 160, 272, 384, 512, 400, 288, 176, 64, 80, 192, 304, 416, 528, 640, 768, 656, 544, 432,
  320, 208, 96, 112, 224, 336, 448, 560, 672, 784, 896, 912, 800, 688, 576, 464, 352, 240, 368, 480, 592, 704, 816, 928,
  944, 832, 720, 608, 496, 624, 736, 848, 960, 976, 864, 752, 880, 992, 1008,
]);

/** The inverse: the position of row `y`, column `x` in zigzag order, in bytes. */
const RANKS = memory.data<u16>([
  0, 16, 80, 96, 224, 240, 432, 448, 32, 64, 112, 208, 256, 416, 464, 672,
  48, 128, 192, 272, 400, 480, 656, 688, 144, 176, 288, 384, 496, 640, 704, 848,
  160, 304, 368, 512, 624, 720, 832, 864, 320, 352, 528, 608, 736, 816, 880, 960,
  336, 544, 592, 752, 800, 896, 944, 976, 560, 576, 768, 784, 912, 928, 992, 1008,
]);

// @ts-ignore: decorator
@inline
export function rankOf(y: usize, x: usize): usize {
  return <usize>load<u16>(RANKS + (y << 4) + (x << 1));
}

// @ts-ignore: decorator
@inline
export function placeOf(k: i32): usize {
  return <usize>load<u16>(ORDER + (<usize>k << 1));
}

/** The transform's scale of value k: 1, then cos(k pi / 16) times sqrt(2). */
const SCALE = memory.data<f64>([
  1.0, 1.387039845, 1.306562965, 1.175875602, 1.0, 0.785694958, 0.5411961, 0.275899379,
]);

// @ts-ignore: decorator
@inline
export function scaleOf(row: i32, column: i32): f64 {
  return load<f64>(SCALE + (<usize>row << 3)) * load<f64>(SCALE + (<usize>column << 3));
}
