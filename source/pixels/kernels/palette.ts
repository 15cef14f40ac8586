// Palettes: finding colours, writing indices, packing indices into bits.

const COLOUR: i32 = 0x00ffffff;
/** Slots of the hash table of known colours: a power of two, four per colour, eight bytes each. */
const SLOTS: u32 = 1024;
/** Marks a used slot; colours have nothing in their high byte. */
const TAKEN: u32 = 0x01000000;

export function buildPalette(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  most: i32,
  scratch: usize,
  palette: usize,
  indices: usize,
): i32 {
  memory.fill(scratch, 0, (<usize>SLOTS) << 3);
  let count = 0;
  let last: u32 = 0xffffffff;
  let index: i32 = 0;
  let target = indices;
  for (let y = 0; y < height; y++) {
    let source = from + <usize>y * <usize>fromStride;
    let x = 0;
    while (x < width) {
      // Pictures with few colours consist of runs of one colour.
      if (ASC_FEATURE_SIMD) {
        if (x + 4 <= width) {
          const pixels = v128.and(v128.load(source), i32x4.splat(COLOUR));
          if (i32x4.all_true(i32x4.eq(pixels, i32x4.splat(last)))) {
            store<u32>(target, <u32>index * 0x01010101);
            source += 16;
            target += 4;
            x += 4;
            continue;
          }
        }
      }
      const pixel = load<u32>(source) & COLOUR;
      if (pixel != last) {
        let slot = (pixel * 0x9e3779b1) >> 22;
        for (;;) {
          const at = scratch + ((<usize>slot) << 3);
          const key = load<u32>(at);
          if (key == (pixel | TAKEN)) {
            index = load<i32>(at, 4);
            break;
          }
          if (key == 0) {
            if (count == most) return 0;
            store<u32>(at, pixel | TAKEN);
            store<i32>(at, count, 4);
            store<u32>(palette + ((<usize>count) << 2), pixel);
            index = count++;
            break;
          }
          slot = (slot + 1) & (SLOTS - 1);
        }
        last = pixel;
      }
      store<u8>(target, <u8>index);
      source += 4;
      target += 1;
      x++;
    }
  }
  return count;
}

export function packIndices(indices: usize, width: i32, height: i32, bits: i32, to: usize): void {
  const perByte = 8 / bits;
  let source = indices;
  let target = to;
  for (let y = 0; y < height; y++) {
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      if (bits == 1) {
        const ones = i8x16.splat(1);
        for (; x + 16 <= width; x += 16) {
          // Bit i of the mask is index i; the first index of a byte is its highest bit.
          const mask = i8x16.bitmask(i8x16.eq(v128.load(source), ones));
          const both = (bitReverse(<u32>mask) >> 16) & 0xffff;
          store<u8>(target, <u8>(both >> 8));
          store<u8>(target, <u8>both, 1);
          source += 16;
          target += 2;
        }
      }
    }
    while (x < width) {
      let byte: u32 = 0;
      for (let i = 0; i < perByte; i++) {
        byte <<= bits;
        if (x < width) {
          byte |= load<u8>(source);
          source++;
          x++;
        }
      }
      store<u8>(target, <u8>byte);
      target++;
    }
  }
}

// @ts-ignore: decorator
@inline
function bitReverse(value: u32): u32 {
  value = ((value >> 1) & 0x55555555) | ((value & 0x55555555) << 1);
  value = ((value >> 2) & 0x33333333) | ((value & 0x33333333) << 2);
  value = ((value >> 4) & 0x0f0f0f0f) | ((value & 0x0f0f0f0f) << 4);
  return bswap<u32>(value);
}
