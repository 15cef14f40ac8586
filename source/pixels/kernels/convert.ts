// From BGRX to the peers' pixel formats.

export function bgrxToRgb(from: usize, fromStride: i32, to: usize, toStride: i32, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
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

/** Drops the fourth byte of each pixel, or the first with skipFirst. */
export function packThreeBytes(
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
  skipFirst: bool,
): void {
  const skip: usize = skipFirst ? 1 : 0;
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      for (; x + 16 <= width; x += 16) {
        const a = v128.load(source);
        const b = v128.load(source, 16);
        const c = v128.load(source, 32);
        const d = v128.load(source, 48);
        if (skipFirst) {
          v128.store(target, i8x16.shuffle(a, b, 1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21));
          v128.store(target, i8x16.shuffle(b, c, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26), 16);
          v128.store(target, i8x16.shuffle(c, d, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26, 27, 29, 30, 31), 32);
        } else {
          v128.store(target, i8x16.shuffle(a, b, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20));
          v128.store(target, i8x16.shuffle(b, c, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25), 16);
          v128.store(target, i8x16.shuffle(c, d, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30), 32);
        }
        source += 64;
        target += 48;
      }
    }
    for (; x < width; x++) {
      store<u8>(target, load<u8>(source + skip));
      store<u8>(target, load<u8>(source + skip, 1), 1);
      store<u8>(target, load<u8>(source + skip, 2), 2);
      source += 4;
      target += 3;
    }
  }
}

/** Scales a channel of 0..255 to 0..max, rounded; exact for any max up to 65535. */
// @ts-ignore: decorator
@inline
function channel(value: u32, most: u32): u32 {
  return (value * most + 127) / 255;
}

/** The same for four channels at once, for max up to 255: x / 255 is x * 0x8081 >> 23 below 65536. */
// @ts-ignore: decorator
@inline
function channels(values: v128, most: i32): v128 {
  const scaled = i32x4.add(i32x4.mul(values, i32x4.splat(most)), i32x4.splat(127));
  return i32x4.shr_u(i32x4.mul(scaled, i32x4.splat(0x8081)), 23);
}

// @ts-ignore: decorator
@inline
function reversed(pixel: u32): u32 {
  return bswap<u32>(pixel);
}

/** The framebuffer's own format, with X as 0. */
function copyColours(from: usize, fromStride: i32, to: usize, toStride: i32, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      const mask = i32x4.splat(0x00ffffff);
      for (; x + 4 <= width; x += 4) {
        v128.store(target, v128.and(v128.load(source), mask));
        source += 16;
        target += 16;
      }
    }
    for (; x < width; x++) {
      store<u32>(target, load<u32>(source) & 0x00ffffff);
      source += 4;
      target += 4;
    }
  }
}

export function bgrxToFormat(
  from: usize,
  fromStride: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
  bitsPerPixel: i32,
  bigEndian: bool,
  redMax: i32,
  greenMax: i32,
  blueMax: i32,
  redShift: i32,
  greenShift: i32,
  blueShift: i32,
): void {
  const fast = max(redMax, max(greenMax, blueMax)) <= 255;
  const whole = redMax == 255 && greenMax == 255 && blueMax == 255;
  const native = whole && redShift == 16 && greenShift == 8 && blueShift == 0;
  if (native && bitsPerPixel == 32 && !bigEndian) return copyColours(from, fromStride, to, toStride, width, height);
  const bytes = <usize>(bitsPerPixel >> 3);
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let target = to + <usize>y * <usize>toStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      const low = i32x4.splat(255);
      if (fast) {
        for (; x + 4 <= width; x += 4) {
          const pixels = v128.load(source);
          let red = v128.and(i32x4.shr_u(pixels, 16), low);
          let green = v128.and(i32x4.shr_u(pixels, 8), low);
          let blue = v128.and(pixels, low);
          if (!whole) {
            red = channels(red, redMax);
            green = channels(green, greenMax);
            blue = channels(blue, blueMax);
          }
          const packed = v128.or(
            v128.or(i32x4.shl(red, redShift), i32x4.shl(green, greenShift)),
            i32x4.shl(blue, blueShift),
          );
          if (bitsPerPixel == 32) {
            if (bigEndian) {
              v128.store(target, i8x16.shuffle(packed, packed, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
            } else {
              v128.store(target, packed);
            }
          } else if (bitsPerPixel == 16) {
            if (bigEndian) {
              store<u64>(
                target,
                i64x2.extract_lane(i8x16.shuffle(packed, packed, 1, 0, 5, 4, 9, 8, 13, 12, 0, 0, 0, 0, 0, 0, 0, 0), 0),
              );
            } else {
              store<u64>(
                target,
                i64x2.extract_lane(i8x16.shuffle(packed, packed, 0, 1, 4, 5, 8, 9, 12, 13, 0, 0, 0, 0, 0, 0, 0, 0), 0),
              );
            }
          } else {
            store<u32>(
              target,
              i32x4.extract_lane(i8x16.shuffle(packed, packed, 0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0),
            );
          }
          source += 16;
          target += bytes << 2;
        }
      }
    }
    for (; x < width; x++) {
      const pixel = load<u32>(source);
      const packed =
        (channel((pixel >> 16) & 255, redMax) << redShift) |
        (channel((pixel >> 8) & 255, greenMax) << greenShift) |
        (channel(pixel & 255, blueMax) << blueShift);
      if (bitsPerPixel == 32) store<u32>(target, bigEndian ? reversed(packed) : packed);
      else if (bitsPerPixel == 16) store<u16>(target, <u16>(bigEndian ? reversed(packed) >> 16 : packed));
      else store<u8>(target, <u8>packed);
      source += 4;
      target += bytes;
    }
  }
}
