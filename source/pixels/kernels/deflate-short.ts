// Deflate (RFC 1951) for a few hundred bytes: one block with the fixed codes, and the empty stored block of a sync
// flush. For such short data a zlib stream takes longer to set up its tables than this takes in all.

const MIN_MATCH: i32 = 3;
const MAX_MATCH: i32 = 258;
/** Slots of the table of last positions, two bytes each, by a hash of three bytes. */
const SLOTS: usize = 512;
const END_OF_BLOCK: i32 = 256;
/** A symbol in scratch: a literal byte, or a match, its length above its distance. */
const LENGTH_SHIFT: i32 = 16;

// @ts-ignore: decorator
@inline
function slotOf(from: usize): usize {
  const three = <u32>load<u8>(from) | (<u32>load<u8>(from, 1) << 8) | (<u32>load<u8>(from, 2) << 16);
  return (<usize>((three * 0x9e3779b1) >> 23)) << 1;
}

/** The longest match at `at` among the `tries` nearest candidates, as length and distance; 0: none. */
function longest(from: usize, length: i32, at: i32, tries: i32, table: usize, before: usize): i32 {
  if (at + MIN_MATCH > length) return 0;
  const most = min(length - at, MAX_MATCH);
  let best = MIN_MATCH - 1;
  let distance = 0;
  let place: i32 = load<u16>(table + slotOf(from + <usize>at));
  // Positions are stored plus one, so that 0 means none.
  for (let left = tries; place != 0 && best < most && left > 0; left--) {
    const there = from + <usize>(place - 1);
    const here = from + <usize>at;
    if (load<u8>(there + <usize>best) == load<u8>(here + <usize>best)) {
      let same = 0;
      while (same < most && load<u8>(there + <usize>same) == load<u8>(here + <usize>same)) same++;
      if (same > best) {
        best = same;
        distance = at - place + 1;
      }
    }
    place = load<u16>(before + ((<usize>(place - 1)) << 1));
  }
  return distance == 0 ? 0 : (best << LENGTH_SHIFT) | distance;
}

/** Adds a position to the table that `longest` searches. */
// @ts-ignore: decorator
@inline
function remember(from: usize, length: i32, at: i32, table: usize, before: usize): void {
  if (at + MIN_MATCH > length) return;
  const slot = table + slotOf(from + <usize>at);
  store<u16>(before + ((<usize>at) << 1), load<u16>(slot));
  store<u16>(slot, <u16>(at + 1));
}

/** Encodes symbols of 32 bits. @returns their end */
function findSymbols(from: usize, length: i32, tries: i32, table: usize, before: usize, symbols: usize): usize {
  memory.fill(table, 0, SLOTS << 1);
  let symbol = symbols;
  let at = 0;
  let match = longest(from, length, 0, tries, table, before);
  while (at < length) {
    remember(from, length, at, table, before);
    const next = at + 1 < length ? longest(from, length, at + 1, tries, table, before) : 0;
    // Lazy matching: a longer match at the next byte is worth one literal.
    if (match == 0 || next >>> LENGTH_SHIFT > match >>> LENGTH_SHIFT) {
      store<u32>(symbol, load<u8>(from + <usize>at));
      at++;
      match = next;
    } else {
      store<u32>(symbol, match);
      const end = at + (match >>> LENGTH_SHIFT);
      for (at++; at < end; at++) remember(from, length, at, table, before);
      match = at < length ? longest(from, length, at, tries, table, before) : 0;
    }
    symbol += 4;
  }
  return symbol;
}

/** Codes are packed from their highest bit, everything else from the lowest. */
// @ts-ignore: decorator
@inline
function reversed(code: i32, width: i32): u64 {
  let bits = <u32>code;
  bits = ((bits & 0x5555) << 1) | ((bits >> 1) & 0x5555);
  bits = ((bits & 0x3333) << 2) | ((bits >> 2) & 0x3333);
  bits = ((bits & 0x0f0f) << 4) | ((bits >> 4) & 0x0f0f);
  bits = ((bits & 0x00ff) << 8) | (bits >> 8);
  return <u64>(bits >> <u32>(16 - width));
}

/** The fixed code of a literal or length (RFC 1951, 3.2.6); from bit 16 on, its number of bits. */
// @ts-ignore: decorator
@inline
function fixedCode(symbol: i32): u64 {
  if (symbol < 144) return reversed(0x30 + symbol, 8) | (8 << 16);
  if (symbol < 256) return reversed(0x190 + symbol - 144, 9) | (9 << 16);
  if (symbol < 280) return reversed(symbol - 256, 7) | (7 << 16);
  return reversed(0xc0 + symbol - 280, 8) | (8 << 16);
}

// @ts-ignore: decorator
@inline
function log2(value: i32): i32 {
  return 31 - clz(value);
}

export function deflateShort(from: usize, length: i32, tries: i32, scratch: usize, to: usize): i32 {
  const before = scratch + (SLOTS << 1);
  const symbols = before + ((<usize>length) << 1);
  const end = findSymbols(from, length, tries, scratch, before, symbols);
  // Block header: not final, fixed codes.
  let bits: u64 = 2;
  let count = 3;
  let target = to;
  for (let at = symbols; at < end; at += 4) {
    const symbol = load<i32>(at);
    const match = symbol >>> LENGTH_SHIFT;
    if (match == 0) {
      const code = fixedCode(symbol);
      bits |= (code & 0xffff) << count;
      count += <i32>(code >> 16);
    } else {
      const long = match - MIN_MATCH;
      const lengthExtra = long < 8 || match == MAX_MATCH ? 0 : log2(long) - 2;
      const lengthCode = match == MAX_MATCH ? 285 : 257 + 4 * lengthExtra + (long >> lengthExtra);
      const code = fixedCode(lengthCode);
      bits |= (code & 0xffff) << count;
      count += <i32>(code >> 16);
      bits |= (<u64>(long & ((1 << lengthExtra) - 1))) << count;
      count += lengthExtra;
      const far = (symbol & 0xffff) - 1;
      const distanceExtra = far < 4 ? 0 : log2(far) - 1;
      const distanceCode = far < 4 ? far : 2 * distanceExtra + (far >> distanceExtra);
      bits |= reversed(distanceCode, 5) << count;
      count += 5;
      bits |= (<u64>(far & ((1 << distanceExtra) - 1))) << count;
      count += distanceExtra;
    }
    // At most 7 bits were pending, and 31 were added.
    store<u64>(target, bits);
    const whole = count >> 3;
    target += <usize>whole;
    bits >>= <u64>(whole << 3);
    count &= 7;
  }
  // The end of the block, and an empty stored block that aligns to a byte.
  const code = fixedCode(END_OF_BLOCK);
  bits |= (code & 0xffff) << count;
  count += <i32>(code >> 16) + 3;
  store<u64>(target, bits);
  target += <usize>((count + 7) >> 3);
  store<u32>(target, 0xffff0000);
  return <i32>(target + 4 - to);
}
