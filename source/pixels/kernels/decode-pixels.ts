import { colourAt } from './wire-colour';

// Turns rows of wire pixels (see wire-colour.ts) into BGRX. `source` rows are `sourceStride` bytes apart; 16 bytes past
// the last pixel must be readable.
export function wireToBgrx(
  source: usize,
  sourceStride: i32,
  target: usize,
  targetStride: i32,
  width: i32,
  height: i32,
  size: i32,
  layout: i32,
  table: usize,
): void {
  if (size >= 3) return channelsToBgrx(source, sourceStride, target, targetStride, width, height, size, layout);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      store<u32>(target + ((<usize>x) << 2), colourAt(source + <usize>(x * size), size, layout, table));
    }
    source += <usize>sourceStride;
    target += <usize>targetStride;
  }
}

// Four pixels at a time by one shuffle: lane 4p + c of the result is the byte of channel c of pixel p.
function channelsToBgrx(
  source: usize,
  sourceStride: i32,
  target: usize,
  targetStride: i32,
  width: i32,
  height: i32,
  size: i32,
  layout: i32,
): void {
  for (let y = 0; y < height; y++) {
    let from = source;
    let to = target;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      const first: i32 = (layout & 0x00ff_ffff) | 0xff00_0000; // 0xff selects no byte: X becomes 0
      const step: i32 = size | (size << 8) | (size << 16);
      const shuffle = i32x4(first, first + step, first + 2 * step, first + 3 * step);
      for (; x + 4 <= width; x += 4) {
        v128.store(to, i8x16.swizzle(v128.load(from), shuffle));
        from += <usize>(size << 2);
        to += 16;
      }
    }
    for (; x < width; x++) {
      store<u32>(to, colourAt(from, size, layout, 0));
      from += <usize>size;
      to += 4;
    }
    source += <usize>sourceStride;
    target += <usize>targetStride;
  }
}

// Expands rows of `bits`-wide indices (1, 2, 4 most significant first, each row starting at a whole byte; or 8) through
// a palette of BGRX pixels. Returns 1 when an index is outside the palette, else 0; nothing outside of it is read.
export function paletteToBgrx(
  source: usize,
  target: usize,
  targetStride: i32,
  width: i32,
  height: i32,
  bits: i32,
  palette: usize,
  colours: i32,
): i32 {
  const mask: u32 = (1 << bits) - 1;
  const sourceStride = <usize>((width * bits + 7) >> 3);
  let outside: i32 = 0;
  for (let y = 0; y < height; y++) {
    if (bits == 8) outside |= expandBytes(source, target, width, palette, <u32>colours);
    else {
      let from = source;
      let left = 0;
      let byte: u32 = 0;
      for (let x = 0; x < width; x++) {
        if (left == 0) {
          byte = load<u8>(from++);
          left = 8;
        }
        left -= bits;
        let index = (byte >> left) & mask;
        if (index >= <u32>colours) {
          outside = 1;
          index = 0;
        }
        store<u32>(target + ((<usize>x) << 2), load<u32>(palette + ((<usize>index) << 2)));
      }
    }
    source += sourceStride;
    target += <usize>targetStride;
  }
  return outside;
}

@inline
function expandBytes(source: usize, target: usize, width: i32, palette: usize, colours: u32): i32 {
  let outside: i32 = 0;
  for (let x = 0; x < width; x++) {
    let index: u32 = load<u8>(source + <usize>x);
    if (index >= colours) {
      outside = 1;
      index = 0;
    }
    store<u32>(target + ((<usize>x) << 2), load<u32>(palette + ((<usize>index) << 2)));
  }
  return outside;
}

// Undoes Tight's gradient filter on packed red, green, blue bytes: each is a difference from left + up - upper left,
// clamped to a byte, with 0 for pixels outside the rectangle. The row above is read back from the target.
export function gradientToBgrx(source: usize, target: usize, targetStride: i32, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    const above = target - <usize>targetStride;
    let leftRed = 0;
    let leftGreen = 0;
    let leftBlue = 0;
    let cornerRed = 0;
    let cornerGreen = 0;
    let cornerBlue = 0;
    for (let x = 0; x < width; x++) {
      let upRed = 0;
      let upGreen = 0;
      let upBlue = 0;
      if (y > 0) {
        const up = load<u32>(above + ((<usize>x) << 2));
        upBlue = up & 0xff;
        upGreen = (up >> 8) & 0xff;
        upRed = (up >> 16) & 0xff;
      }
      leftRed = (clampByte(leftRed + upRed - cornerRed) + load<u8>(source)) & 0xff;
      leftGreen = (clampByte(leftGreen + upGreen - cornerGreen) + load<u8>(source + 1)) & 0xff;
      leftBlue = (clampByte(leftBlue + upBlue - cornerBlue) + load<u8>(source + 2)) & 0xff;
      store<u32>(target + ((<usize>x) << 2), leftBlue | (leftGreen << 8) | (leftRed << 16));
      cornerRed = upRed;
      cornerGreen = upGreen;
      cornerBlue = upBlue;
      source += 3;
    }
    target += <usize>targetStride;
  }
}

@inline
function clampByte(value: i32): i32 {
  return min(max(value, 0), 255);
}
