// BGRX to three-byte pixels.

export function bgrxToRgb(
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
): void {
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let x = 0;
    for (; x + 16 <= width; x += 16) {
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const c = v128.load(source, 32);
      const d = v128.load(source, 48);
      v128.store(target, i8x16.shuffle(a, b, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 18, 17, 16, 22));
      v128.store(target, i8x16.shuffle(b, c, 5, 4, 10, 9, 8, 14, 13, 12, 18, 17, 16, 22, 21, 20, 26, 25), 16);
      v128.store(target, i8x16.shuffle(c, d, 8, 14, 13, 12, 18, 17, 16, 22, 21, 20, 26, 25, 24, 30, 29, 28), 32);
      source += 64;
      target += 48;
    }
    for (; x < width; x++) {
      const pixel = load<u32>(source);
      store<u8>(target, <u8>(pixel >> 16));
      store<u8>(target, <u8>(pixel >> 8), 1);
      store<u8>(target, <u8>pixel, 2);
      source += 4;
      target += 3;
    }
  }
}
