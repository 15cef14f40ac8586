// Writes a rectangle of the Echo encoding (docs/echo.md).
import {
  addColour,
  blueProbabilities,
  closeHash,
  countOf,
  farHash,
  flatProbability,
  greenProbabilities,
  HELD,
  HIT_RATE,
  highProbabilities,
  hitProbability,
  indexOf,
  knownProbability,
  LEAST_RANGE,
  learn,
  lowProbabilities,
  MARGIN,
  MAX_COLOURS,
  nearHash,
  PENDING,
  predictionIn,
  RANGE,
  redProbabilities,
  rememberColour,
  REST_RATE,
  resetEcho,
  SUM,
  slotOf,
  TARGET,
  WRITTEN,
} from './echo-model';

/** Bytes that one pixel takes at most, and those that end the rectangle. */
const MAX_PIXEL: usize = 64;
/** What pixels take is looked at after so many rows, and pixels: a letter or two that are new say little. */
const LEAST_ROWS: i32 = 8;
const LEAST_PIXELS: i32 = 4096;
/** Slots of the hash table of colours that are not in the state. */
const NEW_SLOTS: u32 = 8192;

/** Writes the highest byte of the sum, or holds it back while a carry may still change it. */
function shiftLow(state: usize): void {
  const low = load<u64>(state + SUM);
  let pending = load<u32>(state + PENDING);
  if (<u32>low < 0xff000000 || low >> 32 != 0) {
    const carry = <u32>(low >> 32);
    let target = load<usize>(state + TARGET);
    let byte = load<u32>(state + HELD);
    do {
      store<u8>(target, <u8>(byte + carry));
      target++;
      byte = 0xff;
      pending--;
    } while (pending != 0);
    store<usize>(state + TARGET, target);
    store<u32>(state + HELD, (<u32>low) >> 24);
  }
  store<u32>(state + PENDING, pending + 1);
  store<u64>(state + SUM, (low & 0x00ffffff) << 8);
}

// @ts-ignore: decorator
@inline
function writeBit(state: usize, probability: usize, bit: bool, rate: u32): void {
  const one = <u32>load<u16>(probability);
  let range = load<u32>(state + RANGE);
  const bound = (range >> 15) * one;
  if (bit) {
    range = bound;
    store<u16>(probability, <u16>(one + ((32768 - one) >> rate)));
  } else {
    store<u64>(state + SUM, load<u64>(state + SUM) + <u64>bound);
    range -= bound;
    store<u16>(probability, <u16>(one - (one >> rate)));
  }
  while (range < LEAST_RANGE) {
    range <<= 8;
    shiftLow(state);
  }
  store<u32>(state + RANGE, range);
}

/** A number, highest bit first: each bit has a probability for each number that the ones before it may begin. */
function writeTree(state: usize, probabilities: usize, value: i32, bits: i32): void {
  let node = 1;
  for (let shift = bits - 1; shift >= 0; shift--) {
    const bit = (value >> shift) & 1;
    writeBit(state, probabilities + ((<usize>node) << 1), bit != 0, REST_RATE);
    node = (node << 1) | bit;
  }
}

/** @returns the pixel's index, new or not; -1: there is no room for another colour */
function writeLiteral(state: usize, colour: u32, index: i32): i32 {
  writeBit(state, knownProbability(state), index >= 0, REST_RATE);
  if (index >= 0) {
    writeTree(state, highProbabilities(state), index >> 8, 4);
    writeTree(state, lowProbabilities(state, index >> 8), index & 0xff, 8);
    return index;
  }
  if (countOf(state) == MAX_COLOURS) return -1;
  const green = <i32>(colour >> 8) & 0xff;
  writeTree(state, greenProbabilities(state), green, 8);
  writeTree(state, redProbabilities(state), (<i32>(colour >> 16) - green) & 0xff, 8);
  writeTree(state, blueProbabilities(state), (<i32>(colour & 0xff) - green) & 0xff, 8);
  const added = addColour(state, colour);
  rememberColour(state, colour, added);
  return added;
}

export function encodeEcho(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  state: usize,
  fresh: i32,
  rows: usize,
  to: usize,
  most: i32,
  bits: i32,
): i32 {
  if (fresh) resetEcho(state);
  store<u64>(state + SUM, 0);
  store<u32>(state + RANGE, 0xffffffff);
  store<u32>(state + HELD, 0);
  store<u32>(state + PENDING, 1);
  store<usize>(state + TARGET, to);
  const end = to + <usize>most;
  const rowBytes = <usize>(width + 2 * MARGIN);
  memory.fill(rows, 0, rowBytes * 3);
  let over = rows + <usize>MARGIN;
  let above = over + rowBytes;
  let row = above + rowBytes;
  let last: u32 = 0xffffffff;
  let index: i32 = -1;
  const lookRows = max(LEAST_ROWS, (LEAST_PIXELS + width - 1) / width);
  // So many bytes are a sixteenth more than these rows take otherwise.
  const dear = (lookRows * width * bits * 17) >> 7;
  let look = lookRows;
  let before = to;
  let y: i32 = 0;
  while (y < height) {
    let left: i32 = 0;
    const source = from + <usize>y * <usize>fromStride;
    for (let x: usize = 0; x < <usize>width; x++) {
      if (load<usize>(state + TARGET) + <usize>load<u32>(state + PENDING) + MAX_PIXEL > end) return 0;
      const colour = load<u32>(source + (x << 2)) & 0xffffff;
      if (colour != last || index < 0) {
        last = colour;
        index = indexOf(state, colour);
      }
      const a = load<u32>(above + x - 2);
      const b = load<u32>(over + x - 1);
      const c = load<u32>(row + x - 4);
      const d = load<u32>(above + x + 2);
      const same = (<u32>left & 0xff) * 0x01010101;
      let tried: u32 = 0;
      let first: i32 = -1;
      if (a == same && b == same && c == same && d == same) {
        writeBit(state, flatProbability(state), index == left, HIT_RATE);
        if (index == left) {
          store<u8>(row + x, <u8>left);
          continue;
        }
        first = left;
        tried = 1;
      }
      const next = load<u32>(above + x - 1);
      const hash0 = farHash(a, b, c, d);
      const hash1 = nearHash(next, b, c);
      const hash2 = closeHash(next, c);
      const slot0 = slotOf(state, 0, hash0);
      const slot1 = slotOf(state, 1, hash1);
      const slot2 = slotOf(state, 2, hash2);
      let hit = false;
      let second: i32 = -1;
      const prediction0 = predictionIn(slot0, hash0);
      if (prediction0 >> 16 != 0) {
        const guess = <i32>(prediction0 & 0xffff);
        if (guess != first) {
          hit = guess == index;
          writeBit(state, hitProbability(state, 0, prediction0 >> 16, tried), hit, HIT_RATE);
          second = guess;
          tried++;
        }
      }
      if (!hit) {
        let third: i32 = -1;
        const prediction1 = predictionIn(slot1, hash1);
        if (prediction1 >> 16 != 0) {
          const guess = <i32>(prediction1 & 0xffff);
          if (guess != first && guess != second) {
            hit = guess == index;
            writeBit(state, hitProbability(state, 1, prediction1 >> 16, tried), hit, HIT_RATE);
            third = guess;
            tried++;
          }
        }
        if (!hit) {
          const prediction2 = predictionIn(slot2, hash2);
          if (prediction2 >> 16 != 0) {
            const guess = <i32>(prediction2 & 0xffff);
            if (guess != first && guess != second && guess != third) {
              hit = guess == index;
              writeBit(state, hitProbability(state, 2, prediction2 >> 16, tried), hit, HIT_RATE);
            }
          }
          if (!hit) {
            index = writeLiteral(state, colour, index);
            if (index < 0) return 0;
          }
        }
      }
      learn(slot0, hash0, index);
      learn(slot1, hash1, index);
      learn(slot2, hash2, index);
      store<u8>(row + x, <u8>index);
      left = index;
    }
    const spare = over;
    over = above;
    above = row;
    row = spare;
    y++;
    if (y == look) {
      const here = load<usize>(state + TARGET) + <usize>load<u32>(state + PENDING);
      if (<i32>(here - before) > dear) break;
      look += lookRows;
      before = here;
    }
  }
  for (let i = 0; i < 5; i++) shiftLow(state);
  store<i32>(state + WRITTEN, <i32>(load<usize>(state + TARGET) - to));
  return y;
}

export function newEchoColours(
  from: usize,
  fromStride: i32,
  width: i32,
  height: i32,
  state: usize,
  scratch: usize,
  most: i32,
): i32 {
  memory.fill(scratch, 0, <usize>NEW_SLOTS << 2);
  let found = 0;
  let last: u32 = 0xffffffff;
  for (let y = 0; y < height; y++) {
    const source = from + <usize>y * <usize>fromStride;
    for (let x: usize = 0; x < <usize>width; x++) {
      const colour = load<u32>(source + (x << 2)) & 0xffffff;
      if (colour == last) continue;
      last = colour;
      if (state != 0 && indexOf(state, colour) >= 0) continue;
      // Black too differs from a free slot.
      const entry = colour | 0x1000000;
      let slot = (colour * 0x9e3779b1) >> 19;
      let kept = load<u32>(scratch + ((<usize>slot) << 2));
      while (kept != 0 && kept != entry) {
        slot = (slot + 1) & (NEW_SLOTS - 1);
        kept = load<u32>(scratch + ((<usize>slot) << 2));
      }
      if (kept != 0) continue;
      if (found == most) return most + 1;
      store<u32>(scratch + ((<usize>slot) << 2), entry);
      found++;
    }
  }
  return found;
}
