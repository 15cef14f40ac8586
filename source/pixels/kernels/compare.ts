// Compares two pictures. X, the fourth byte of a pixel, never counts.

const COLOUR: i32 = 0x00ffffff;
/** Bytes of a result: x, y, width, height, differing pixels, cost. */
const RESULT: usize = 24;
/**
 * Bytes of a cell's state in scratch: per pixel the sum of differences over all rows, then minimum y, maximum y,
 * differing pixels, cost.
 */
const STATE: usize = 272;
const SUMS: usize = 256;
/** In place of the maximum y: the whole cell counts as different. */
const WHOLE: i32 = i32.MAX_VALUE;
/** A cell row with one in this many pixels different costs as much as a whole one. */
const SCATTER: i32 = 8;
/** Cells with at least this many rows and columns may be judged by a sample: one row in this many, and the last. */
const MIN_SAMPLED: i32 = 16;
const SAMPLED: i32 = 8;

// @ts-ignore: decorator
@inline
function differenceOf(a: usize, b: usize): v128 {
  return v128.and(v128.xor(v128.load(a), v128.load(b)), i32x4.splat(COLOUR));
}

// @ts-ignore: decorator
@inline
function differs(a: usize, b: usize): bool {
  return ((load<u32>(a) ^ load<u32>(b)) & COLOUR) != 0;
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/** Whether two runs of pixels differ. */
// @ts-ignore: decorator
@inline
function runDiffers(a: usize, b: usize, pixels: i32): bool {
  let offset: usize = 0;
  if (ASC_FEATURE_SIMD) {
    let sum = i32x4.splat(0);
    for (const end = (<usize>(pixels & ~15)) << 2; offset < end; offset += 64) {
      sum = v128.or(
        sum,
        v128.or(
          v128.or(
            v128.xor(v128.load(a + offset), v128.load(b + offset)),
            v128.xor(v128.load(a + offset, 16), v128.load(b + offset, 16)),
          ),
          v128.or(
            v128.xor(v128.load(a + offset, 32), v128.load(b + offset, 32)),
            v128.xor(v128.load(a + offset, 48), v128.load(b + offset, 48)),
          ),
        ),
      );
    }
    if (v128.any_true(v128.and(sum, i32x4.splat(COLOUR)))) return true;
  }
  const last = (<usize>pixels) << 2;
  while (offset < last) {
    if (differs(a + offset, b + offset)) return true;
    offset += 4;
  }
  return false;
}

/** How many pixels of two runs differ. */
// @ts-ignore: decorator
@inline
function countDiffering(a: usize, b: usize, pixels: i32): i32 {
  let offset: usize = 0;
  let count = 0;
  if (ASC_FEATURE_SIMD) {
    let counts = i32x4.splat(0);
    for (const end = (<usize>(pixels & ~3)) << 2; offset < end; offset += 16) {
      counts = i32x4.sub(counts, i32x4.ne(differenceOf(a + offset, b + offset), i32x4.splat(0)));
    }
    count = lanes(counts);
  }
  for (const end = (<usize>pixels) << 2; offset < end; offset += 4) if (differs(a + offset, b + offset)) count++;
  return count;
}

/** Whether seven eighths of the pixels in each sampled row of a cell differ. */
function differsAllOver(a: usize, aStride: i32, b: usize, bStride: i32, width: i32, height: i32): bool {
  if (width < MIN_SAMPLED || height < MIN_SAMPLED) return false;
  const most = width - (width >> 3);
  for (let y = 0; y < height; y = y == height - 1 ? height : min(y + SAMPLED, height - 1)) {
    if (countDiffering(a + <usize>y * <usize>aStride, b + <usize>y * <usize>bStride, width) < most) return false;
  }
  return true;
}

/** Adds a run with a difference to its cell's state. */
function note(state: usize, a: usize, b: usize, pixels: i32, y: i32): void {
  let offset: usize = 0;
  let count = 0;
  if (ASC_FEATURE_SIMD) {
    let counts = i32x4.splat(0);
    for (const end = (<usize>(pixels & ~3)) << 2; offset < end; offset += 16) {
      const difference = differenceOf(a + offset, b + offset);
      v128.store(state + offset, v128.or(v128.load(state + offset), difference));
      counts = i32x4.sub(counts, i32x4.ne(difference, i32x4.splat(0)));
    }
    count = lanes(counts);
  }
  for (const end = (<usize>pixels) << 2; offset < end; offset += 4) {
    if (differs(a + offset, b + offset)) {
      store<u32>(state + offset, 1);
      count++;
    }
  }
  if (load<i32>(state, SUMS + 4) < 0) store<i32>(state, y, SUMS);
  store<i32>(state, y, SUMS + 4);
  store<i32>(state, load<i32>(state, SUMS + 8) + count, SUMS + 8);
  store<i32>(state, load<i32>(state, SUMS + 12) + min(count * SCATTER, pixels), SUMS + 12);
}

/** A cell that counts as different everywhere. */
function writeWhole(result: usize, x: i32, y: i32, width: i32, height: i32): void {
  store<i32>(result, x);
  store<i32>(result, y, 4);
  store<i32>(result, width, 8);
  store<i32>(result, height, 12);
  store<i32>(result, width * height, 16);
  store<i32>(result, width * height, 20);
}

export function compareCells(
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  width: i32,
  height: i32,
  phaseX: i32,
  phaseY: i32,
  cell: i32,
  scratch: usize,
  out: usize,
): i32 {
  const columns = (phaseX + width + cell - 1) / cell;
  let results = 0;
  let top = 0;
  while (top < height) {
    const bottom = min(top + cell - (top == 0 ? phaseY : 0), height);
    let left = 0;
    let unsure = false;
    for (let column = 0; column < columns; column++) {
      const state = scratch + (<usize>column) * STATE;
      const right = min(left + cell - (left == 0 ? phaseX : 0), width);
      const offset = (<usize>left) << 2;
      const rowA = a + <usize>top * <usize>aStride + offset;
      const rowB = b + <usize>top * <usize>bStride + offset;
      memory.fill(state, 0, STATE);
      if (differsAllOver(rowA, aStride, rowB, bStride, right - left, bottom - top)) {
        store<i32>(state, WHOLE, SUMS + 4);
      } else {
        store<i32>(state, -1, SUMS + 4);
        unsure = true;
      }
      left = right;
    }
    for (let y = unsure ? top : bottom; y < bottom; y++) {
      const rowA = a + <usize>y * <usize>aStride;
      const rowB = b + <usize>y * <usize>bStride;
      let state = scratch;
      let x = 0;
      while (x < width) {
        const right = min(x + cell - (x == 0 ? phaseX : 0), width);
        const offset = (<usize>x) << 2;
        if (load<i32>(state, SUMS + 4) != WHOLE && runDiffers(rowA + offset, rowB + offset, right - x)) {
          note(state, rowA + offset, rowB + offset, right - x, y);
        }
        state += STATE;
        x = right;
      }
    }
    let x = 0;
    for (let column = 0; column < columns; column++) {
      const state = scratch + (<usize>column) * STATE;
      const right = min(x + cell - (x == 0 ? phaseX : 0), width);
      const count = load<i32>(state, SUMS + 8);
      if (load<i32>(state, SUMS + 4) == WHOLE) {
        writeWhole(out + (<usize>results) * RESULT, x, top, right - x, bottom - top);
        results++;
      } else if (count != 0) {
        let first = 0;
        while (load<u32>(state + ((<usize>first) << 2)) == 0) first++;
        let last = right - x - 1;
        while (load<u32>(state + ((<usize>last) << 2)) == 0) last--;
        const result = out + (<usize>results) * RESULT;
        const y = load<i32>(state, SUMS);
        store<i32>(result, x + first);
        store<i32>(result, y, 4);
        store<i32>(result, last + 1 - first, 8);
        store<i32>(result, load<i32>(state, SUMS + 4) + 1 - y, 12);
        store<i32>(result, count, 16);
        store<i32>(result, load<i32>(state, SUMS + 12), 20);
        results++;
      }
      x = right;
    }
    top = bottom;
  }
  return results;
}

/** Estimates compareCells' results for each cell from every `step`th row. */
export function sampleCells(
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  width: i32,
  height: i32,
  phaseX: i32,
  phaseY: i32,
  cell: i32,
  step: i32,
  out: usize,
): void {
  const columns = (phaseX + width + cell - 1) / cell;
  const rows = (phaseY + height + cell - 1) / cell;
  memory.fill(out, 0, (<usize>(columns * rows)) << 3);
  for (let y = 0; y < height; y += step) {
    const rowA = a + <usize>y * <usize>aStride;
    const rowB = b + <usize>y * <usize>bStride;
    let result = out + ((<usize>(((phaseY + y) / cell) * columns)) << 3);
    let x = 0;
    while (x < width) {
      const right = min(x + cell - (x == 0 ? phaseX : 0), width);
      const offset = (<usize>x) << 2;
      const count = countDiffering(rowA + offset, rowB + offset, right - x);
      store<i32>(result, load<i32>(result) + count * step);
      store<i32>(result, load<i32>(result, 4) + min(count * SCATTER, right - x) * step, 4);
      result += 8;
      x = right;
    }
  }
}

export function differingRows(
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  width: i32,
  height: i32,
  out: usize,
): void {
  for (let y = 0; y < height; y++) {
    const rowA = a + <usize>y * <usize>aStride;
    const rowB = b + <usize>y * <usize>bStride;
    store<i32>(out + ((<usize>y) << 2), countDiffering(rowA, rowB, width));
  }
}

export function differingColumns(
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  width: i32,
  height: i32,
  out: usize,
): void {
  memory.fill(out, 0, (<usize>width) << 2);
  for (let y = 0; y < height; y++) {
    const rowA = a + <usize>y * <usize>aStride;
    const rowB = b + <usize>y * <usize>bStride;
    let x = 0;
    if (ASC_FEATURE_SIMD) {
      for (; x + 4 <= width; x += 4) {
        const offset = (<usize>x) << 2;
        const count = out + offset;
        const difference = differenceOf(rowA + offset, rowB + offset);
        v128.store(count, i32x4.sub(v128.load(count), i32x4.ne(difference, i32x4.splat(0))));
      }
    }
    for (; x < width; x++) {
      const offset = (<usize>x) << 2;
      if (differs(rowA + offset, rowB + offset)) store<i32>(out + offset, load<i32>(out + offset) + 1);
    }
  }
}
