// Paints a rectangle of the Echo encoding (docs/echo.md).
import {
  addColour,
  blueProbabilities,
  CODE,
  closeHash,
  colourAt,
  countOf,
  farHash,
  flatProbability,
  greenProbabilities,
  HIT_RATE,
  highProbabilities,
  hitProbability,
  knownProbability,
  LEAST_RANGE,
  learn,
  lowProbabilities,
  MARGIN,
  MAX_COLOURS,
  nearHash,
  predictionIn,
  RANGE,
  redProbabilities,
  REST_RATE,
  resetEcho,
  SOURCE,
  slotOf,
} from './echo-model';

// @ts-ignore: decorator
@inline
function readBit(state: usize, probability: usize, rate: u32): bool {
  const one = <u32>load<u16>(probability);
  let range = load<u32>(state + RANGE);
  let code = load<u32>(state + CODE);
  const bound = (range >> 15) * one;
  const bit = code < bound;
  if (bit) {
    range = bound;
    store<u16>(probability, <u16>(one + ((32768 - one) >> rate)));
  } else {
    code -= bound;
    range -= bound;
    store<u16>(probability, <u16>(one - (one >> rate)));
  }
  if (range < LEAST_RANGE) {
    let source = load<usize>(state + SOURCE);
    do {
      range <<= 8;
      code = (code << 8) | load<u8>(source);
      source++;
    } while (range < LEAST_RANGE);
    store<usize>(state + SOURCE, source);
  }
  store<u32>(state + RANGE, range);
  store<u32>(state + CODE, code);
  return bit;
}

function readTree(state: usize, probabilities: usize, bits: i32): i32 {
  let node = 1;
  for (let i = 0; i < bits; i++) node = (node << 1) | <i32>readBit(state, probabilities + ((<usize>node) << 1), REST_RATE);
  return node - (1 << bits);
}

/** @returns the pixel's index, new or not; -1: there is none */
function readLiteral(state: usize): i32 {
  if (readBit(state, knownProbability(state), REST_RATE)) {
    const high = readTree(state, highProbabilities(state), 4);
    const index = (high << 8) | readTree(state, lowProbabilities(state, high), 8);
    return index < countOf(state) ? index : -1;
  }
  if (countOf(state) == MAX_COLOURS) return -1;
  const green = readTree(state, greenProbabilities(state), 8);
  const red = (readTree(state, redProbabilities(state), 8) + green) & 0xff;
  const blue = (readTree(state, blueProbabilities(state), 8) + green) & 0xff;
  return addColour(state, (<u32>red << 16) | (<u32>green << 8) | <u32>blue);
}

export function decodeEcho(
  from: usize,
  length: i32,
  to: usize,
  toStride: i32,
  width: i32,
  height: i32,
  state: usize,
  fresh: i32,
  rows: usize,
): i32 {
  if (length < 5) return 0;
  if (fresh) resetEcho(state);
  const end = from + <usize>length;
  store<u32>(state + RANGE, 0xffffffff);
  store<u32>(state + CODE, bswap<u32>(load<u32>(from, 1)));
  store<usize>(state + SOURCE, from + 5);
  const rowBytes = <usize>(width + 2 * MARGIN);
  memory.fill(rows, 0, rowBytes * 3);
  let over = rows + <usize>MARGIN;
  let above = over + rowBytes;
  let row = above + rowBytes;
  for (let y = 0; y < height; y++) {
    let left: i32 = 0;
    const target = to + <usize>y * <usize>toStride;
    for (let x: usize = 0; x < <usize>width; x++) {
      if (load<usize>(state + SOURCE) > end) return 0;
      const a = load<u32>(above + x - 2);
      const b = load<u32>(over + x - 1);
      const c = load<u32>(row + x - 4);
      const d = load<u32>(above + x + 2);
      const same = (<u32>left & 0xff) * 0x01010101;
      let tried: u32 = 0;
      let first: i32 = -1;
      if (a == same && b == same && c == same && d == same) {
        if (readBit(state, flatProbability(state), HIT_RATE)) {
          store<u8>(row + x, <u8>left);
          store<u32>(target + (x << 2), colourAt(state, left));
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
      let index: i32 = -1;
      let second: i32 = -1;
      const prediction0 = predictionIn(slot0, hash0);
      if (prediction0 >> 16 != 0) {
        const guess = <i32>(prediction0 & 0xffff);
        if (guess != first) {
          if (readBit(state, hitProbability(state, 0, prediction0 >> 16, tried), HIT_RATE)) index = guess;
          second = guess;
          tried++;
        }
      }
      if (index < 0) {
        let third: i32 = -1;
        const prediction1 = predictionIn(slot1, hash1);
        if (prediction1 >> 16 != 0) {
          const guess = <i32>(prediction1 & 0xffff);
          if (guess != first && guess != second) {
            if (readBit(state, hitProbability(state, 1, prediction1 >> 16, tried), HIT_RATE)) index = guess;
            third = guess;
            tried++;
          }
        }
        if (index < 0) {
          const prediction2 = predictionIn(slot2, hash2);
          if (prediction2 >> 16 != 0) {
            const guess = <i32>(prediction2 & 0xffff);
            if (guess != first && guess != second && guess != third) {
              if (readBit(state, hitProbability(state, 2, prediction2 >> 16, tried), HIT_RATE)) index = guess;
            }
          }
          if (index < 0) {
            index = readLiteral(state);
            if (index < 0) return 0;
          }
        }
      }
      learn(slot0, hash0, index);
      learn(slot1, hash1, index);
      learn(slot2, hash2, index);
      store<u8>(row + x, <u8>index);
      store<u32>(target + (x << 2), colourAt(state, index));
      left = index;
    }
    const spare = over;
    over = above;
    above = row;
    row = spare;
  }
  return <i32>(load<usize>(state + SOURCE) == end);
}
