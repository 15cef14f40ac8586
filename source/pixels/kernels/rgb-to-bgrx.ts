// Packed RGB to BGRX, recording the differences from the previous pixels.

export function rgbToBgrx(
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
  out: usize,
): i32 {
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let rowLeft = width;
    let rowRight = 0;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      const colours = i32x4.splat(0x00ffffff);
      const zero = i32x4.splat(0);
      for (; x + 16 <= width; x += 16) {
        const s0 = v128.load(source);
        const s1 = v128.load(source, 16);
        const s2 = v128.load(source, 32);
        const p0 = i8x16.shuffle(s0, zero, 2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6, 16, 11, 10, 9, 16);
        const p1 = v128.and(i8x16.shuffle(s0, s1, 14, 13, 12, 0, 17, 16, 15, 0, 20, 19, 18, 0, 23, 22, 21, 0), colours);
        const p2 = v128.and(i8x16.shuffle(s1, s2, 10, 9, 8, 0, 13, 12, 11, 0, 16, 15, 14, 0, 19, 18, 17, 0), colours);
        const p3 = i8x16.shuffle(s2, zero, 6, 5, 4, 16, 9, 8, 7, 16, 12, 11, 10, 16, 15, 14, 13, 16);
        const d0 = v128.xor(p0, v128.load(target));
        const d1 = v128.xor(p1, v128.load(target, 16));
        const d2 = v128.xor(p2, v128.load(target, 32));
        const d3 = v128.xor(p3, v128.load(target, 48));
        if (v128.any_true(v128.and(v128.or(v128.or(d0, d1), v128.or(d2, d3)), colours))) {
          v128.store(target, p0);
          v128.store(target, p1, 16);
          v128.store(target, p2, 32);
          v128.store(target, p3, 48);
          if (x < rowLeft) rowLeft = x;
          rowRight = x + 16;
        }
        source += 48;
        target += 64;
      }
    }
    for (; x < width; x++) {
      const pixel = (<u32>load<u8>(source) << 16) | (<u32>load<u8>(source, 1) << 8) | <u32>load<u8>(source, 2);
      if ((load<u32>(target) & 0x00ffffff) != pixel) {
        store<u32>(target, pixel);
        if (x < rowLeft) rowLeft = x;
        rowRight = x + 1;
      }
      source += 3;
      target += 4;
    }
    if (rowRight > 0) {
      if (rowLeft < left) left = rowLeft;
      if (rowRight > right) right = rowRight;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  if (bottom == 0) return 0;
  store<i32>(out, left);
  store<i32>(out, top, 4);
  store<i32>(out, right - left, 8);
  store<i32>(out, bottom - top, 12);
  return 1;
}
