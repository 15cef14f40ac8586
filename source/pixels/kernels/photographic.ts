// Detects photographs, and measures how much their colours change.

const COLOUR: i32 = 0x00ffffff;
/** Smaller rectangles are not worth a JPEG's header. */
const MIN_AREA: i32 = 1024;
const MIN_SIDE: i32 = 8;
/** Every second row is as good as all of them; in rectangles from this height on, every fourth. */
const TALL: i32 = 48;
/** A rectangle with this few colours is never a photograph. */
const GRAPHIC_COLOURS: i32 = 96;
/** A colour's slot is its hash, of 10 bits. */
const PLACES: usize = 1024;
/** Steps between neighbours: up to this a gradient's, from this on an edge's. */
const GENTLE: i32 = 3;
const SHARP: i32 = 40;
/**
 * Shares of all steps. A gradient is gentle nearly everywhere but seldom flat, and without edges it is not a drawing.
 */
const MOSTLY_GENTLE: f64 = 0.2;
const HARDLY_FLAT: f64 = 0.4;
const NEARLY_NO_EDGES: f64 = 0.002;
const FEW_EDGES: f64 = 0.006;
/** Text never has this little flat ground. */
const MOSTLY_UNEVEN: f64 = 0.7;
/** Between the two, a photograph has this many times more middle-sized steps than edges. */
const MIDDLE_STEPS: f64 = 3;

// @ts-ignore: decorator
@inline
function lanes(v: v128): u32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/** Counts horizontal steps in which some channel changes by at least `low`, and `high`: 32 bits each. */
function countSteps(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  low: i32,
  high: i32,
  out: usize,
): void {
  let lows = 0;
  let highs = 0;
  for (let y = 0; y < height; y++) {
    const row = from + <usize>y * <usize>fromStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      // Saturating subtraction leaves a value above zero when the step is at least that steep.
      const belowLow = v128.and(i8x16.splat(<i8>(low - 1)), i32x4.splat(COLOUR));
      const belowHigh = v128.and(i8x16.splat(<i8>(high - 1)), i32x4.splat(COLOUR));
      const mask = i32x4.splat(COLOUR);
      const zero = i32x4.splat(0);
      let low4 = zero;
      let high4 = zero;
      for (; x + 5 <= width; x += 4) {
        const at = row + ((<usize>x) << 2);
        const here = v128.load(at);
        const next = v128.load(at, 4);
        const step = v128.and(v128.or(i8x16.sub_sat_u(here, next), i8x16.sub_sat_u(next, here)), mask);
        low4 = i32x4.sub(low4, i32x4.ne(i8x16.sub_sat_u(step, belowLow), zero));
        high4 = i32x4.sub(high4, i32x4.ne(i8x16.sub_sat_u(step, belowHigh), zero));
      }
      lows += lanes(low4);
      highs += lanes(high4);
    }
    for (; x + 1 < width; x++) {
      const at = row + ((<usize>x) << 2);
      let most: i32 = 0;
      for (let i: usize = 0; i < 3; i++) most = max(most, abs<i32>(<i32>load<u8>(at + i) - <i32>load<u8>(at + i, 4)));
      if (most >= low) lows++;
      if (most >= high) highs++;
    }
  }
  store<i32>(out, lows);
  store<i32>(out, highs, 4);
}

/** The number of used slots. */
function countPlaces(places: usize): i32 {
  if (ASC_FEATURE_SIMD) {
    let sums = i16x8.splat(0);
    for (let at: usize = 0; at < PLACES; at += 16) {
      sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(v128.load(places + at)));
    }
    return lanes(i32x4.extadd_pairwise_i16x8_u(sums));
  }
  let count = 0;
  for (let at: usize = 0; at < PLACES; at++) count += load<u8>(places + at);
  return count;
}

/**
 * Whether there are more than about GRAPHIC_COLOURS colours: each takes one of PLACES slots, some share one. Without
 * branches on pixels, which would be the cost in a photograph.
 */
function hasManyColours(from: usize, fromStride: i32, width: i32, height: i32, places: usize): bool {
  memory.fill(places, 0, PLACES);
  let y = 0;
  let next = 2;
  while (y < height) {
    for (next = min(next, height); y < next; y++) {
      let at = from + <usize>y * <usize>fromStride;
      for (const end = at + (<usize>width << 2); at < end; at += 4) {
        store<u8>(places + <usize>(((load<u32>(at) & COLOUR) * 0x9e3779b1) >> 22), 1);
      }
    }
    if (countPlaces(places) > GRAPHIC_COLOURS) return true;
    next *= 2;
  }
  return false;
}

/** 0: not a photograph; 1: a photograph; 2: a photograph if all its neighbours are. */
function judge(from: usize, fromStride: i32, width: i32, height: i32, scratch: usize): u8 {
  if (width * height < MIN_AREA || width < MIN_SIDE || height < MIN_SIDE) return 0;
  const step = height < TALL ? 2 : 4;
  const seen = height / step;
  const steps = <f64>((width - 1) * seen);
  countSteps(from, fromStride * step, width, seen, GENTLE, SHARP, scratch);
  const uneven = <f64>load<i32>(scratch) / steps;
  const sharp = <f64>load<i32>(scratch, 4) / steps;
  let is: u8 = 1;
  if (uneven <= MOSTLY_UNEVEN) {
    if (uneven > MOSTLY_GENTLE) {
      if (uneven - sharp <= MIDDLE_STEPS * sharp) return 0;
    } else {
      if (sharp >= FEW_EDGES) return 0;
      if (sharp >= NEARLY_NO_EDGES) is = 2;
      // Flat blocks are not photographs.
      countSteps(from, fromStride * step, width, seen, 1, SHARP, scratch);
      if (<f64>load<i32>(scratch) / steps <= HARDLY_FLAT) return 0;
    }
  }
  return hasManyColours(from, fromStride, width, height, scratch) ? is : 0;
}

/** How many parts of a change of 1 the results of `chromaOf` are counted in. */
const CHROMA_PARTS: f64 = 64;

/**
 * The mean change of B - G and R - G from each pixel to the next in its row, in 64ths. Rows are those of `judge`, every
 * second one: they have just been read.
 */
function chromaOf(from: usize, fromStride: i32, width: i32, height: i32): u16 {
  const step = height < TALL ? 4 : 8;
  const seen = (height + step - 1) / step;
  let sum = 0;
  if (ASC_FEATURE_SIMD) {
    const ones = i32x4.splat(0x00010001);
    // Of the lanes B, G, R, X of two pixels only B - G and R - G count.
    const blueAndRed = i32x4.splat(0x0000ffff);
    let sums = i32x4.splat(0);
    for (let y = 0; y < seen; y++) {
      const row = from + <usize>(y * step) * <usize>fromStride;
      for (let x = 0; x + 5 <= width; x += 4) {
        const at = row + ((<usize>x) << 2);
        const here = v128.load(at);
        const next = v128.load(at, 4);
        const low = i16x8.sub(i16x8.extend_low_i8x16_u(next), i16x8.extend_low_i8x16_u(here));
        const high = i16x8.sub(i16x8.extend_high_i8x16_u(next), i16x8.extend_high_i8x16_u(here));
        const greenLow = v128.shuffle<i16>(low, low, 1, 1, 1, 1, 5, 5, 5, 5);
        const greenHigh = v128.shuffle<i16>(high, high, 1, 1, 1, 1, 5, 5, 5, 5);
        const chromaLow = v128.and(i16x8.abs(i16x8.sub(low, greenLow)), blueAndRed);
        const chromaHigh = v128.and(i16x8.abs(i16x8.sub(high, greenHigh)), blueAndRed);
        sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.add(chromaLow, chromaHigh), ones));
      }
    }
    sum = lanes(sums);
  }
  // The steps that are left over of rows of four.
  const whole = ASC_FEATURE_SIMD && width >= 5 ? (width - 1) & ~3 : 0;
  for (let y = 0; y < seen; y++) {
    const row = from + <usize>(y * step) * <usize>fromStride;
    for (let x = whole; x + 1 < width; x++) {
      const at = row + ((<usize>x) << 2);
      const green = <i32>load<u8>(at, 5) - <i32>load<u8>(at, 1);
      sum += abs<i32>(<i32>load<u8>(at, 4) - <i32>load<u8>(at) - green);
      sum += abs<i32>(<i32>load<u8>(at, 6) - <i32>load<u8>(at, 2) - green);
    }
  }
  return <u16>((<f64>sum * CHROMA_PARTS) / <f64>(2 * (width - 1) * seen));
}

export function photographicBlocks(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  columns: i32,
  rows: i32,
  scratch: usize,
  out: usize,
  chroma: usize,
): i32 {
  let found = 0;
  for (let row = 0; row < rows; row++) {
    const top = (height * row) / rows;
    const bottom = (height * (row + 1)) / rows;
    for (let column = 0; column < columns; column++) {
      const left = (width * column) / columns;
      const right = (width * (column + 1)) / columns;
      const block = from + <usize>top * <usize>fromStride + (<usize>left << 2);
      const is = judge(block, fromStride, right - left, bottom - top, scratch);
      const index = <usize>(row * columns + column);
      store<u8>(out + index, is);
      store<u16>(chroma + (index << 1), is == 0 ? 0 : chromaOf(block, fromStride, right - left, bottom - top));
      if (is == 1) found++;
    }
  }
  return found;
}
