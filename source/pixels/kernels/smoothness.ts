// Figures about a picture: how smooth it is.

const COLOUR: i32 = 0x00ffffff;
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
