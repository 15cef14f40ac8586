// Where two pictures differ. X, the fourth byte of a pixel, never counts.

const COLOUR: i32 = 0x00ffffff;
/** Bytes of a result: x, y, width, height, differing pixels, cost. */
const RESULT: usize = 24;
/** Bytes of a cell's state in scratch: least x, greatest x, least y, greatest y, differing pixels, cost. */
const STATE: usize = 24;
/** A row of a cell of which one pixel in so many differs costs as much as one that differs all over. */
const SCATTER: i32 = 8;

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

/** Whether two runs of pixels differ. */
// @ts-ignore: decorator
@inline
function runDiffers(a: usize, b: usize, pixels: i32): bool {
  let sum = i32x4.splat(0);
  const vectors = pixels & ~15;
  let offset: usize = 0;
  const end = (<usize>vectors) << 2;
  while (offset < end) {
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
    offset += 64;
  }
  if (v128.any_true(v128.and(sum, i32x4.splat(COLOUR)))) return true;
  const last = (<usize>pixels) << 2;
  while (offset < last) {
    if (differs(a + offset, b + offset)) return true;
    offset += 4;
  }
  return false;
}

/** Adds a run that differs somewhere to the state of its cell. */
function note(state: usize, a: usize, b: usize, pixels: i32, x: i32, y: i32): void {
  let first = i32.MAX_VALUE;
  let last = -1;
  let count = 0;
  let i = 0;
  for (; i + 4 <= pixels; i += 4) {
    const offset = (<usize>i) << 2;
    const same = i32x4.bitmask(i32x4.eq(differenceOf(a + offset, b + offset), i32x4.splat(0)));
    const bits = same ^ 15;
    if (bits != 0) {
      if (last < 0) first = i + ctz(bits);
      last = i + 31 - clz(bits);
      count += popcnt(bits);
    }
  }
  for (; i < pixels; i++) {
    const offset = (<usize>i) << 2;
    if (differs(a + offset, b + offset)) {
      if (last < 0) first = i;
      last = i;
      count++;
    }
  }
  store<i32>(state, min(load<i32>(state), x + first));
  store<i32>(state, max(load<i32>(state, 4), x + last), 4);
  store<i32>(state, min(load<i32>(state, 8), y), 8);
  store<i32>(state, max(load<i32>(state, 12), y), 12);
  store<i32>(state, load<i32>(state, 16) + count, 16);
  store<i32>(state, load<i32>(state, 20) + min(count * SCATTER, pixels), 20);
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
    for (let column = 0; column < columns; column++) {
      const state = scratch + (<usize>column) * STATE;
      store<i32>(state, i32.MAX_VALUE);
      store<i32>(state, -1, 4);
      store<i32>(state, i32.MAX_VALUE, 8);
      store<i32>(state, -1, 12);
      store<i32>(state, 0, 16);
      store<i32>(state, 0, 20);
    }
    for (let y = top; y < bottom; y++) {
      const rowA = a + <usize>y * <usize>aStride;
      const rowB = b + <usize>y * <usize>bStride;
      let state = scratch;
      let x = 0;
      while (x < width) {
        const right = min(x + cell - (x == 0 ? phaseX : 0), width);
        const offset = (<usize>x) << 2;
        if (runDiffers(rowA + offset, rowB + offset, right - x)) {
          note(state, rowA + offset, rowB + offset, right - x, x, y);
        }
        state += STATE;
        x = right;
      }
    }
    for (let column = 0; column < columns; column++) {
      const state = scratch + (<usize>column) * STATE;
      const count = load<i32>(state, 16);
      if (count == 0) continue;
      const result = out + (<usize>results) * RESULT;
      const x = load<i32>(state);
      const y = load<i32>(state, 8);
      store<i32>(result, x);
      store<i32>(result, y, 4);
      store<i32>(result, load<i32>(state, 4) + 1 - x, 8);
      store<i32>(result, load<i32>(state, 12) + 1 - y, 12);
      store<i32>(result, count, 16);
      store<i32>(result, load<i32>(state, 20), 20);
      results++;
    }
    top = bottom;
  }
  return results;
}

export function equalRectangles(a: usize, aStride: i32, b: usize, bStride: i32, width: i32, height: i32): bool {
  for (let y = 0; y < height; y++) {
    if (runDiffers(a + <usize>y * <usize>aStride, b + <usize>y * <usize>bStride, width)) return false;
  }
  return true;
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
  const zero = i32x4.splat(0);
  for (let y = 0; y < height; y++) {
    const rowA = a + <usize>y * <usize>aStride;
    const rowB = b + <usize>y * <usize>bStride;
    let counts = zero;
    let x = 0;
    for (; x + 4 <= width; x += 4) {
      const offset = (<usize>x) << 2;
      counts = i32x4.sub(counts, i32x4.ne(differenceOf(rowA + offset, rowB + offset), zero));
    }
    let count = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
    count += i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
    for (; x < width; x++) {
      const offset = (<usize>x) << 2;
      if (differs(rowA + offset, rowB + offset)) count++;
    }
    store<i32>(out + ((<usize>y) << 2), count);
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
  const zero = i32x4.splat(0);
  for (let y = 0; y < height; y++) {
    const rowA = a + <usize>y * <usize>aStride;
    const rowB = b + <usize>y * <usize>bStride;
    let x = 0;
    for (; x + 4 <= width; x += 4) {
      const offset = (<usize>x) << 2;
      const count = out + offset;
      v128.store(count, i32x4.sub(v128.load(count), i32x4.ne(differenceOf(rowA + offset, rowB + offset), zero)));
    }
    for (; x < width; x++) {
      const offset = (<usize>x) << 2;
      if (differs(rowA + offset, rowB + offset)) store<i32>(out + offset, load<i32>(out + offset) + 1);
    }
  }
}
