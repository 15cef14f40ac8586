// Anchors: unique-looking places, recognised after a move by a hash of their surroundings.

const COLOUR: i32 = 0x00ffffff;
const PRIME: i32 = <i32>0x9e3779b1;
/** Rows above in a column's hash: each shifts it by two bits. */
const ROWS: i32 = 16;
/** The columns in an anchor's hash, far enough apart to span three letters. */
const SECOND: i32 = 7;
const THIRD: i32 = 19;

// @ts-ignore: decorator
@inline
function rotated(v: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(v, bits), i32x4.shr_u(v, 32 - bits));
}

export function findAnchors(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  rarity: i32,
  scratch: usize,
  out: usize,
  most: i32,
): i32 {
  // The highest hashes, as signed numbers: a flat area's hash, 0, is never among them.
  const limit = i32.MAX_VALUE - <i32>((<u32>1) << (32 - rarity));
  const columns = (width - 1) & ~3;
  // The last anchors in a row need columns with a hash.
  const last = columns - THIRD - 1;
  memory.fill(scratch, 0, (<usize>width) << 2);
  let count = 0;
  for (let y = 0; y < height; y++) {
    addRow(from + <usize>y * <usize>fromStride, columns, scratch);
    if (y < ROWS - 1) continue;
    if (ASC_FEATURE_SIMD) {
      const prime = i32x4.splat(PRIME);
      const below = i32x4.splat(limit);
      for (let x = 0; x < last; x += 4) {
        const at = scratch + ((<usize>x) << 2);
        const near = v128.load(at);
        const sum = v128.xor(v128.xor(near, rotated(v128.load(at, SECOND << 2), 9)), rotated(v128.load(at, THIRD << 2), 19));
        const hash = i32x4.mul(sum, prime);
        let hits = i32x4.bitmask(i32x4.gt_s(hash, below));
        while (hits != 0) {
          const lane = ctz(hits);
          hits &= hits - 1;
          if (count == most) return count;
          const entry = out + ((<usize>count) << 3);
          v128.store(scratch + ((<usize>width) << 2), hash);
          store<u32>(entry, load<u32>(scratch + ((<usize>(width + lane)) << 2)));
          store<u32>(entry, (y << 16) | (x + lane), 4);
          count++;
        }
      }
    } else {
      for (let x = 0; x < last; x++) {
        const at = scratch + ((<usize>x) << 2);
        const sum = load<i32>(at) ^ rotl(load<i32>(at, SECOND << 2), 9) ^ rotl(load<i32>(at, THIRD << 2), 19);
        const hash = sum * PRIME;
        if (hash <= limit) continue;
        if (count == most) return count;
        const entry = out + ((<usize>count) << 3);
        store<i32>(entry, hash);
        store<u32>(entry, (y << 16) | x, 4);
        count++;
      }
    }
  }
  return count;
}

/** Adds a row to the column hashes, as steps from pixel to pixel, so that flat areas hash to 0. */
// @ts-ignore: decorator
@inline
function addRow(row: usize, columns: i32, hashes: usize): void {
  let x = 0;
  if (ASC_FEATURE_SIMD) {
    const mask = i32x4.splat(COLOUR);
    const prime = i32x4.splat(PRIME);
    for (; x < columns; x += 4) {
      const offset = (<usize>x) << 2;
      const at = row + offset;
      const step = v128.and(v128.xor(v128.load(at), v128.load(at, 4)), mask);
      const hash = i32x4.shl(v128.load(hashes + offset), 2);
      v128.store(hashes + offset, i32x4.add(hash, i32x4.mul(step, prime)));
    }
  }
  for (; x < columns; x++) {
    const offset = (<usize>x) << 2;
    const step = (load<i32>(row + offset) ^ load<i32>(row + offset, 4)) & COLOUR;
    store<i32>(hashes + offset, (load<i32>(hashes + offset) << 2) + step * PRIME);
  }
}
