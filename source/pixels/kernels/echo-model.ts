// What both directions of the Echo encoding (docs/echo.md) know of the pixels so far.

/** Colours of a state at most: an index has 12 bits. */
export const MAX_COLOURS: i32 = 4096;
/** Bytes on both sides of a row of indices, for neighbours. */
export const MARGIN: i32 = 8;

// The state, see ECHO_STATE_BYTES. It begins with the number of colours and the range coder of the call.
export const RANGE: usize = 4;
/** Of the encoder: what is added up, the byte that a carry may change, how many are held back, the next one's place. */
export const SUM: usize = 8;
export const HELD: usize = 16;
export const PENDING: usize = 20;
export const TARGET: usize = 24;
/** See ECHO_STATE. */
export const WRITTEN: usize = 28;
/** Of the decoder: the code that is left, and the next byte's place. */
export const CODE: usize = 8;
export const SOURCE: usize = 12;
/** The range is never lower. */
export const LEAST_RANGE: u32 = 1 << 24;
// Probabilities are 16 bits each, of 32768.
const COLOURS: usize = 64;
const HITS: usize = COLOURS + 4096 * 4;
const FLAT: usize = HITS + 3 * 16 * 4 * 2;
const KNOWN: usize = FLAT + 2;
const HIGH: usize = FLAT + 64;
const LOW: usize = HIGH + 16 * 2;
const GREEN: usize = LOW + 16 * 256 * 2;
const RED: usize = GREEN + 256 * 2;
const BLUE: usize = RED + 256 * 2;
const PREDICTIONS: usize = BLUE + 256 * 2;
/** The encoder's hash table of colours: an index plus one in each slot, 0 where there is none. */
const FOUND: usize = PREDICTIONS + 3 * 65536 * 4;
const FOUND_SLOTS: u32 = 8192;
const END: usize = FOUND + 8192 * 2;

const HALF: u16 = 16384;
/** How fast probabilities follow: those of hits, and all others. */
export const HIT_RATE: u32 = 5;
export const REST_RATE: u32 = 4;

/** Forgets everything. */
export function resetEcho(state: usize): void {
  memory.fill(state, 0, END);
  for (let at = HITS; at < PREDICTIONS; at += 2) store<u16>(state + at, HALF);
}

// @ts-ignore: decorator
@inline
export function countOf(state: usize): i32 {
  return load<i32>(state);
}

// @ts-ignore: decorator
@inline
export function colourAt(state: usize, index: i32): u32 {
  return load<u32>(state + COLOURS + ((<usize>index) << 2));
}

export function addColour(state: usize, colour: u32): i32 {
  const index = load<i32>(state);
  store<i32>(state, index + 1);
  store<u32>(state + COLOURS + ((<usize>index) << 2), colour);
  return index;
}

// @ts-ignore: decorator
@inline
function foundSlot(state: usize, slot: u32): usize {
  return state + FOUND + ((<usize>slot) << 1);
}

/** The index of a colour; -1: it has none yet. */
export function indexOf(state: usize, colour: u32): i32 {
  let slot = (colour * 0x9e3779b1) >> 19;
  let index = <i32>load<u16>(foundSlot(state, slot)) - 1;
  while (index >= 0 && colourAt(state, index) != colour) {
    slot = (slot + 1) & (FOUND_SLOTS - 1);
    index = <i32>load<u16>(foundSlot(state, slot)) - 1;
  }
  return index;
}

/** Remembers where `indexOf` finds the last colour added. */
export function rememberColour(state: usize, colour: u32, index: i32): void {
  let slot = (colour * 0x9e3779b1) >> 19;
  while (load<u16>(foundSlot(state, slot)) != 0) slot = (slot + 1) & (FOUND_SLOTS - 1);
  store<u16>(foundSlot(state, slot), <u16>(index + 1));
}

// Probabilities.

// @ts-ignore: decorator
@inline
export function hitProbability(state: usize, level: u32, count: u32, tried: u32): usize {
  return state + HITS + ((<usize>(((level << 4) | count) * 4 + tried)) << 1);
}

// @ts-ignore: decorator
@inline
export function flatProbability(state: usize): usize {
  return state + FLAT;
}

// @ts-ignore: decorator
@inline
export function knownProbability(state: usize): usize {
  return state + KNOWN;
}

// @ts-ignore: decorator
@inline
export function highProbabilities(state: usize): usize {
  return state + HIGH;
}

// @ts-ignore: decorator
@inline
export function lowProbabilities(state: usize, high: i32): usize {
  return state + LOW + ((<usize>high) << 9);
}

// @ts-ignore: decorator
@inline
export function greenProbabilities(state: usize): usize {
  return state + GREEN;
}

// @ts-ignore: decorator
@inline
export function redProbabilities(state: usize): usize {
  return state + RED;
}

// @ts-ignore: decorator
@inline
export function blueProbabilities(state: usize): usize {
  return state + BLUE;
}

// Predictions: what followed the same neighbours last. An index in 16 bits, how often (4 bits of 8), 8 bits to check.

// @ts-ignore: decorator
@inline
function mixed(hash: u32): u32 {
  return (hash ^ (hash >> 15)) * 0x2c1b3c6d;
}

/** Twelve neighbours and more: the four to the left, six above, four above those. */
// @ts-ignore: decorator
@inline
export function farHash(above: u32, over: u32, left: u32, ahead: u32): u32 {
  return mixed((above * 0x9e3779b1) ^ (over * 0x85ebca6b) ^ (left * 0xc2b2ae35) ^ ((ahead & 0xffff) * 0x27d4eb2f));
}

/** Eight: the three to the left, four above, one above those. */
// @ts-ignore: decorator
@inline
export function nearHash(next: u32, over: u32, left: u32): u32 {
  return mixed((next * 0x85ebca6b) ^ ((left >> 8) * 0x9e3779b1) ^ (((over >> 8) & 0xff) * 0xc2b2ae35));
}

/** Four: the one to the left, three above. */
// @ts-ignore: decorator
@inline
export function closeHash(next: u32, left: u32): u32 {
  return mixed(((next & 0xffffff) * 0xc2b2ae35) ^ ((left >> 24) * 0x85ebca6b));
}

// @ts-ignore: decorator
@inline
export function slotOf(state: usize, level: u32, hash: u32): usize {
  return state + PREDICTIONS + ((<usize>((level << 16) | (hash >> 16))) << 2);
}

/** The prediction in a slot: its index and, from bit 16 on, how often it was right; 0: none. */
// @ts-ignore: decorator
@inline
export function predictionIn(slot: usize, hash: u32): u32 {
  const found = load<u32>(slot);
  return found >> 24 == ((hash >> 8) & 0xff) ? found & 0xffffff : 0;
}

/** What was there is replaced the sooner the more seldom it was right. */
// @ts-ignore: decorator
@inline
export function learn(slot: usize, hash: u32, index: i32): void {
  const found = load<u32>(slot);
  const check = (hash >> 8) & 0xff;
  const count = (found >> 16) & 0xff;
  const fresh = <u32>index | (1 << 16) | (check << 24);
  if (count == 0 || found >> 24 != check) store<u32>(slot, count > 4 ? found - (1 << 16) : fresh);
  else if ((found & 0xffff) == <u32>index) {
    if (count < 15) store<u32>(slot, found + (1 << 16));
  } else store<u32>(slot, count <= 2 ? fresh : (found & 0xff00ffff) | ((count >> 1) << 16));
}
