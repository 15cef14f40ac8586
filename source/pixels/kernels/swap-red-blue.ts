// Between RGBA and BGRA, in either direction.

export function swapRedBlue(from: usize, fromStride: i32, to: usize, toStride: i32, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      for (; x + 4 <= width; x += 4) {
        const pixels = v128.load(source);
        v128.store(target, i8x16.shuffle(pixels, pixels, 2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15));
        source += 16;
        target += 16;
      }
    }
    for (; x < width; x++) {
      const pixel = load<u32>(source);
      store<u32>(target, (pixel & 0xff00ff00) | ((pixel >> 16) & 0xff) | ((pixel & 0xff) << 16));
      source += 4;
      target += 4;
    }
  }
}

/** For canvases: the fourth byte becomes an alpha of 255. */
export function bgrxToRgba(from: usize, fromStride: i32, to: usize, toStride: i32, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      const opaque = i32x4.splat(0xff000000);
      for (; x + 4 <= width; x += 4) {
        const pixels = v128.load(source);
        const swapped = i8x16.shuffle(pixels, pixels, 2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15);
        v128.store(target, v128.or(swapped, opaque));
        source += 16;
        target += 16;
      }
    }
    for (; x < width; x++) {
      const pixel = load<u32>(source);
      store<u32>(target, 0xff000000 | (pixel & 0xff00) | ((pixel >> 16) & 0xff) | ((pixel & 0xff) << 16));
      source += 4;
      target += 4;
    }
  }
}
