// Inflate (RFC 1951) that stops wherever the input or the room for output ends, and continues from there.

/** Bits of a code that its first table decodes; longer codes go on in a second one. */
const LITERAL_ROOT: i32 = 10;
const DISTANCE_ROOT: i32 = 8;
const CODE_ROOT: i32 = 7;

// An entry of a table: from bit 0 the length of the code, from bit 8 the number of extra bits, from bit 12 flags, from
// bit 16 a value: a literal, the base of a length or distance, or the offset of a second table, whose bits are the extra.
const EXTRA_SHIFT: i32 = 8;
const BAD: u32 = 0x1000;
const LINK: u32 = 0x2000;
const LITERAL: u32 = 0x4000;
const END: u32 = 0x8000;
const VALUE_SHIFT: i32 = 16;

// The state, see INFLATE_STATE. Complete codes have at most 143 (15) second tables of 32 (128) entries.
const BITS: usize = 0;
const COUNT: usize = 8;
const MODE: usize = 12;
const FINAL: usize = 16;
const LEFT: usize = 20;
const HAVE: usize = 24;
const LITERALS: usize = 28;
const DISTANCES: usize = 32;
const CODES: usize = 36;
/** Whether the tables hold the fixed codes. */
const FIXED: usize = 40;
const CONSUMED: usize = 44;
const PRODUCED: usize = 48;
const LENGTHS: usize = 64;
const COUNTS: usize = LENGTHS + 320;
const OFFSETS: usize = COUNTS + 64;
const SORTED: usize = OFFSETS + 64;
const CODE_TABLE: usize = SORTED + 640;
const DISTANCE_TABLE: usize = CODE_TABLE + 512;
const LITERAL_TABLE: usize = DISTANCE_TABLE + (256 + 15 * 128) * 4;

const MODE_BLOCK: i32 = 0;
const MODE_STORED_LENGTH: i32 = 1;
const MODE_STORED: i32 = 2;
const MODE_SIZES: i32 = 3;
const MODE_CODES: i32 = 4;
const MODE_LENGTHS: i32 = 5;
const MODE_SYMBOLS: i32 = 6;
const MODE_DONE: i32 = 7;

const INPUT_USED: i32 = 0;
const ROOM_USED: i32 = 1;
const DONE: i32 = 2;
// Faults, as in INFLATE_FAULTS.
const BAD_BLOCK: i32 = -1;
const BAD_STORED: i32 = -2;
const TOO_MANY: i32 = -3;
const BAD_CODES: i32 = -4;
const BAD_REPEAT: i32 = -5;
const NO_END: i32 = -6;
const BAD_LITERALS: i32 = -7;
const BAD_DISTANCES: i32 = -8;
const BAD_SYMBOL: i32 = -9;
const BAD_DISTANCE: i32 = -10;
const TOO_FAR: i32 = -11;

const KIND_CODE: i32 = 0;
const KIND_LITERAL: i32 = 1;
const KIND_DISTANCE: i32 = 2;

const END_OF_BLOCK: i32 = 256;
const MAX_MATCH: usize = 258;
/** Input that the fast loop may read, and output that it may write, before it looks again. */
const FAST_INPUT: usize = 16;
const FAST_OUTPUT: usize = MAX_MATCH + 2;

const LENGTH_BASE: usize = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const LENGTH_EXTRA: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASE: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]);
/** The order in which the lengths of the code length code are stored. */
const ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** For distances 2 to 15: how a pattern of so many bytes fills sixteen. */
const REPEATED: usize = memory.data<u8>([
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
  0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
]);
/** The whole patterns in those sixteen bytes. */
const STEP: usize = memory.data<u8>([0, 0, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15]);

/** What a symbol means, without the length of its code. */
function entryOf(kind: i32, symbol: i32): u32 {
  if (kind == KIND_CODE) return <u32>symbol << VALUE_SHIFT;
  if (kind == KIND_DISTANCE) {
    if (symbol > 29) return BAD;
    const extra: u32 = symbol < 4 ? 0 : (<u32>symbol >> 1) - 1;
    return (<u32>load<u16>(DISTANCE_BASE + ((<usize>symbol) << 1)) << VALUE_SHIFT) | (extra << EXTRA_SHIFT);
  }
  if (symbol < END_OF_BLOCK) return (<u32>symbol << VALUE_SHIFT) | LITERAL;
  if (symbol == END_OF_BLOCK) return END;
  if (symbol > 285) return BAD;
  const index = <usize>(symbol - 257);
  const base = <u32>load<u16>(LENGTH_BASE + (index << 1));
  return (base << VALUE_SHIFT) | (<u32>load<u8>(LENGTH_EXTRA + index) << EXTRA_SHIFT);
}

/**
 * Makes the tables of a code from the lengths of its symbols' codes. As zlib does, it takes only complete codes, or one
 * single code of one bit, or none at all.
 */
function build(state: usize, lengths: usize, symbols: i32, table: usize, root: i32, kind: i32): bool {
  const counts = state + COUNTS;
  const offsets = state + OFFSETS;
  const sorted = state + SORTED;
  memory.fill(counts, 0, 64);
  for (let symbol = 0; symbol < symbols; symbol++) {
    const slot = counts + ((<usize>load<u8>(lengths + <usize>symbol)) << 2);
    store<i32>(slot, load<i32>(slot) + 1);
  }
  let longest = 15;
  while (longest > 0 && load<i32>(counts + ((<usize>longest) << 2)) == 0) longest--;
  let left = 1;
  let offset = 0;
  for (let length = 1; length <= 15; length++) {
    const codes = load<i32>(counts + ((<usize>length) << 2));
    left = (left << 1) - codes;
    if (left < 0) return false;
    store<i32>(offsets + ((<usize>length) << 2), offset);
    offset += codes;
  }
  if (left > 0) {
    if (longest > 1 || (longest == 1 && kind == KIND_CODE)) return false;
    // Without codes for the lengths all lengths are 0, of which the end of the block then complains.
    const unused: u32 = kind == KIND_CODE ? 1 : BAD | 1;
    for (let at = 0; at < 1 << root; at++) store<u32>(table + ((<usize>at) << 2), unused);
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const length = <usize>load<u8>(lengths + <usize>symbol);
    if (length == 0) continue;
    const slot = offsets + (length << 2);
    const place = load<i32>(slot);
    store<i32>(slot, place + 1);
    store<u16>(sorted + ((<usize>place) << 1), <u16>symbol);
  }
  const second = longest > root ? longest - root : 0;
  let next = 1 << root;
  let prefix = -1;
  let target = table;
  // Codes come with their first bit lowest, so they are counted up from their highest bit.
  let code = 0;
  let at = sorted;
  for (let length = 1; length <= longest; length++) {
    for (let rest = load<i32>(counts + ((<usize>length) << 2)); rest > 0; rest--) {
      const entry = entryOf(kind, <i32>load<u16>(at));
      at += 2;
      if (length <= root) {
        for (let index = code; index < 1 << root; index += 1 << length) {
          store<u32>(table + ((<usize>index) << 2), entry | <u32>length);
        }
      } else {
        const low = code & ((1 << root) - 1);
        if (low != prefix) {
          prefix = low;
          target = table + ((<usize>next) << 2);
          store<u32>(
            table + ((<usize>low) << 2),
            (<u32>next << VALUE_SHIFT) | LINK | (<u32>second << EXTRA_SHIFT) | <u32>root,
          );
          next += 1 << second;
        }
        for (let index = code >> root; index < 1 << second; index += 1 << (length - root)) {
          store<u32>(target + ((<usize>index) << 2), entry | <u32>(length - root));
        }
      }
      let step = 1 << (length - 1);
      while (code & step) step >>= 1;
      code = step == 0 ? 0 : (code & (step - 1)) + step;
    }
  }
  return true;
}

function buildFixed(state: usize): void {
  if (load<i32>(state, FIXED)) return;
  const lengths = state + LENGTHS;
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  build(state, lengths, 288, state + LITERAL_TABLE, LITERAL_ROOT, KIND_LITERAL);
  memory.fill(lengths, 5, 32);
  build(state, lengths, 32, state + DISTANCE_TABLE, DISTANCE_ROOT, KIND_DISTANCE);
  store<i32>(state, 1, FIXED);
}

/** Copies a match, and up to 15 bytes more behind it. */
// @ts-ignore: decorator
@inline
function copyMatch(out: usize, distance: usize, stop: usize): void {
  let source = out - distance;
  if (ASC_FEATURE_SIMD) {
    if (distance >= 16) {
      do {
        v128.store(out, v128.load(source));
        out += 16;
        source += 16;
      } while (out < stop);
    } else if (distance == 1) {
      const byte = i8x16.splat(load<i8>(source));
      do {
        v128.store(out, byte);
        out += 16;
      } while (out < stop);
    } else {
      const pattern = i8x16.swizzle(v128.load(source), v128.load(REPEATED + ((distance - 2) << 4)));
      const step = <usize>load<u8>(STEP + distance);
      do {
        v128.store(out, pattern);
        out += step;
      } while (out < stop);
    }
  } else if (distance >= 8) {
    do {
      store<u64>(out, load<u64>(source));
      out += 8;
      source += 8;
    } while (out < stop);
  } else {
    do {
      store<u8>(out, load<u8>(source));
      out++;
      source++;
    } while (out < stop);
  }
}

export function inflate(state: usize, from: usize, length: i32, to: usize, room: i32, history: i32): i32 {
  const end = from + <usize>length;
  const outEnd = to + <usize>room;
  const first = to - <usize>history;
  const lengths = state + LENGTHS;
  const literalTable = state + LITERAL_TABLE;
  const distanceTable = state + DISTANCE_TABLE;
  let at = from;
  let out = to;
  let bits = load<u64>(state, BITS);
  let count: i32 = load<i32>(state, COUNT);
  let mode: i32 = load<i32>(state, MODE);
  let answer = INPUT_USED;

  while (true) {
    if (at + 8 <= end) {
      bits |= load<u64>(at) << <u64>count;
      at += <usize>((63 - count) >> 3);
      count |= 56;
    } else {
      while (count <= 55 && at < end) {
        bits |= <u64>load<u8>(at) << <u64>count;
        at++;
        count += 8;
      }
    }

    if (mode == MODE_SYMBOLS) {
      const fastEnd = end - FAST_INPUT;
      const fastOut = outEnd - FAST_OUTPUT;
      while (at <= fastEnd && out <= fastOut) {
        bits |= load<u64>(at) << <u64>count;
        at += <usize>((63 - count) >> 3);
        count |= 56;
        let entry = load<u32>(literalTable + ((<usize>(bits & ((1 << LITERAL_ROOT) - 1))) << 2));
        if (entry & LITERAL) {
          store<u8>(out, <u8>(entry >> VALUE_SHIFT));
          out++;
          bits >>= <u64>(entry & 0xff);
          count -= <i32>(entry & 0xff);
          entry = load<u32>(literalTable + ((<usize>(bits & ((1 << LITERAL_ROOT) - 1))) << 2));
          if (entry & LITERAL) {
            store<u8>(out, <u8>(entry >> VALUE_SHIFT));
            out++;
            bits >>= <u64>(entry & 0xff);
            count -= <i32>(entry & 0xff);
            entry = load<u32>(literalTable + ((<usize>(bits & ((1 << LITERAL_ROOT) - 1))) << 2));
            if (entry & LITERAL) {
              store<u8>(out, <u8>(entry >> VALUE_SHIFT));
              out++;
              bits >>= <u64>(entry & 0xff);
              count -= <i32>(entry & 0xff);
              continue;
            }
          }
          bits |= load<u64>(at) << <u64>count;
          at += <usize>((63 - count) >> 3);
          count |= 56;
        }
        if (entry & LINK) {
          bits >>= <u64>LITERAL_ROOT;
          count -= LITERAL_ROOT;
          const mask = (1 << ((entry >> EXTRA_SHIFT) & 15)) - 1;
          entry = load<u32>(literalTable + ((<usize>((entry >> VALUE_SHIFT) + (<u32>bits & mask))) << 2));
          if (entry & LITERAL) {
            store<u8>(out, <u8>(entry >> VALUE_SHIFT));
            out++;
            bits >>= <u64>(entry & 0xff);
            count -= <i32>(entry & 0xff);
            continue;
          }
        }
        bits >>= <u64>(entry & 0xff);
        count -= <i32>(entry & 0xff);
        if (entry & (END | BAD)) {
          if (entry & BAD) answer = BAD_SYMBOL;
          else mode = load<i32>(state, FINAL) ? MODE_DONE : MODE_BLOCK;
          break;
        }
        const extra = (entry >> EXTRA_SHIFT) & 15;
        const match = <usize>((entry >> VALUE_SHIFT) + (<u32>bits & ((1 << extra) - 1)));
        bits >>= <u64>extra;
        count -= <i32>extra;
        let far = load<u32>(distanceTable + ((<usize>(bits & ((1 << DISTANCE_ROOT) - 1))) << 2));
        if (far & LINK) {
          bits >>= <u64>DISTANCE_ROOT;
          count -= DISTANCE_ROOT;
          const mask = (1 << ((far >> EXTRA_SHIFT) & 15)) - 1;
          far = load<u32>(distanceTable + ((<usize>((far >> VALUE_SHIFT) + (<u32>bits & mask))) << 2));
        }
        if (far & BAD) {
          answer = BAD_DISTANCE;
          break;
        }
        bits >>= <u64>(far & 0xff);
        count -= <i32>(far & 0xff);
        const farExtra = (far >> EXTRA_SHIFT) & 15;
        const distance = <usize>((far >> VALUE_SHIFT) + (<u32>bits & ((1 << farExtra) - 1)));
        bits >>= <u64>farExtra;
        count -= <i32>farExtra;
        if (out - first < distance) {
          answer = TOO_FAR;
          break;
        }
        copyMatch(out, distance, out + match);
        out += match;
      }

      if (answer < 0) break;
      if (mode != MODE_SYMBOLS) continue;

      // One symbol, which is taken only if all of it is there and its output has room.
      if (at + 8 <= end) {
        bits |= load<u64>(at) << <u64>count;
        at += <usize>((63 - count) >> 3);
        count |= 56;
      } else {
        while (count <= 55 && at < end) {
          bits |= <u64>load<u8>(at) << <u64>count;
          at++;
          count += 8;
        }
      }
      let entry = load<u32>(literalTable + ((<usize>(bits & ((1 << LITERAL_ROOT) - 1))) << 2));
      let used: i32 = 0;
      if (entry & LINK) {
        used = LITERAL_ROOT;
        const mask = (1 << ((entry >> EXTRA_SHIFT) & 15)) - 1;
        entry = load<u32>(
          literalTable + ((<usize>((entry >> VALUE_SHIFT) + (<u32>(bits >> LITERAL_ROOT) & mask))) << 2),
        );
      }
      used += <i32>(entry & 0xff);
      if (used > count) break;
      if (entry & LITERAL) {
        if (out >= outEnd) {
          answer = ROOM_USED;
          break;
        }
        store<u8>(out, <u8>(entry >> VALUE_SHIFT));
        out++;
        bits >>= <u64>used;
        count -= used;
        continue;
      }
      if (entry & BAD) {
        answer = BAD_SYMBOL;
        break;
      }
      if (entry & END) {
        bits >>= <u64>used;
        count -= used;
        mode = load<i32>(state, FINAL) ? MODE_DONE : MODE_BLOCK;
        continue;
      }
      const extra = (entry >> EXTRA_SHIFT) & 15;
      const match = <usize>((entry >> VALUE_SHIFT) + (<u32>(bits >> <u64>used) & ((1 << extra) - 1)));
      used += <i32>extra;
      let far = load<u32>(distanceTable + ((<usize>((bits >> <u64>used) & ((1 << DISTANCE_ROOT) - 1))) << 2));
      if (far & LINK) {
        used += DISTANCE_ROOT;
        const mask = (1 << ((far >> EXTRA_SHIFT) & 15)) - 1;
        far = load<u32>(
          distanceTable + ((<usize>((far >> VALUE_SHIFT) + (<u32>(bits >> <u64>used) & mask))) << 2),
        );
      }
      used += <i32>(far & 0xff);
      if (used > count) break;
      if (far & BAD) {
        answer = BAD_DISTANCE;
        break;
      }
      const farExtra = (far >> EXTRA_SHIFT) & 15;
      const distance = <usize>((far >> VALUE_SHIFT) + (<u32>(bits >> <u64>used) & ((1 << farExtra) - 1)));
      used += <i32>farExtra;
      if (used > count) break;
      if (out - first < distance) {
        answer = TOO_FAR;
        break;
      }
      if (out + match > outEnd) {
        answer = ROOM_USED;
        break;
      }
      copyMatch(out, distance, out + match);
      out += match;
      bits >>= <u64>used;
      count -= used;
      continue;
    }

    if (mode == MODE_BLOCK) {
      if (count < 3) break;
      store<i32>(state, <i32>(bits & 1), FINAL);
      const type = <i32>((bits >> 1) & 3);
      bits >>= 3;
      count -= 3;
      if (type == 0) mode = MODE_STORED_LENGTH;
      else if (type == 1) {
        buildFixed(state);
        mode = MODE_SYMBOLS;
      } else if (type == 2) mode = MODE_SIZES;
      else {
        answer = BAD_BLOCK;
        break;
      }
    } else if (mode == MODE_STORED_LENGTH) {
      const spare = count & 7;
      bits >>= <u64>spare;
      count -= spare;
      if (count < 32) break;
      const stored = <i32>(bits & 0xffff);
      if ((stored ^ 0xffff) != <i32>((bits >> 16) & 0xffff)) {
        answer = BAD_STORED;
        break;
      }
      bits >>= 32;
      count -= 32;
      store<i32>(state, stored, LEFT);
      mode = MODE_STORED;
    } else if (mode == MODE_STORED) {
      let left = load<i32>(state, LEFT);
      while (left > 0 && count > 0 && out < outEnd) {
        store<u8>(out, <u8>bits);
        out++;
        bits >>= 8;
        count -= 8;
        left--;
      }
      if (left > 0 && count == 0) {
        // Above `count` there are bits of bytes that are read again here.
        bits = 0;
        const whole = min(<usize>left, min(end - at, outEnd - out));
        memory.copy(out, at, whole);
        out += whole;
        at += whole;
        left -= <i32>whole;
      }
      store<i32>(state, left, LEFT);
      if (left > 0) {
        answer = at == end && count == 0 ? INPUT_USED : ROOM_USED;
        break;
      }
      mode = load<i32>(state, FINAL) ? MODE_DONE : MODE_BLOCK;
    } else if (mode == MODE_SIZES) {
      if (count < 14) break;
      const literals = <i32>(bits & 31) + 257;
      const distances = <i32>((bits >> 5) & 31) + 1;
      if (literals > 286 || distances > 30) {
        answer = TOO_MANY;
        break;
      }
      store<i32>(state, literals, LITERALS);
      store<i32>(state, distances, DISTANCES);
      store<i32>(state, <i32>((bits >> 10) & 15) + 4, CODES);
      store<i32>(state, 0, HAVE);
      store<i32>(state, 0, FIXED);
      memory.fill(lengths, 0, 19);
      bits >>= 14;
      count -= 14;
      mode = MODE_CODES;
    } else if (mode == MODE_CODES) {
      const codes = load<i32>(state, CODES);
      let have = load<i32>(state, HAVE);
      while (have < codes && count >= 3) {
        store<u8>(lengths + <usize>load<u8>(ORDER + <usize>have), <u8>(bits & 7));
        bits >>= 3;
        count -= 3;
        have++;
      }
      store<i32>(state, have, HAVE);
      if (have < codes) {
        if (at < end) continue;
        break;
      }
      if (!build(state, lengths, 19, state + CODE_TABLE, CODE_ROOT, KIND_CODE)) {
        answer = BAD_CODES;
        break;
      }
      store<i32>(state, 0, HAVE);
      mode = MODE_LENGTHS;
    } else if (mode == MODE_LENGTHS) {
      const literals = load<i32>(state, LITERALS);
      const total = literals + load<i32>(state, DISTANCES);
      let have = load<i32>(state, HAVE);
      let missing = false;
      while (have < total) {
        const entry = load<u32>(state + CODE_TABLE + ((<usize>(bits & ((1 << CODE_ROOT) - 1))) << 2));
        const width = <i32>(entry & 0xff);
        const symbol = <i32>(entry >> VALUE_SHIFT);
        const extra = symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
        if (width + extra > count) {
          missing = true;
          break;
        }
        bits >>= <u64>width;
        if (symbol < 16) {
          store<u8>(lengths + <usize>have, <u8>symbol);
          have++;
        } else {
          const repeat = (symbol == 18 ? 11 : 3) + <i32>(bits & ((1 << extra) - 1));
          if (have + repeat > total || (symbol == 16 && have == 0)) {
            answer = BAD_REPEAT;
            break;
          }
          memory.fill(lengths + <usize>have, symbol == 16 ? load<u8>(lengths + <usize>(have - 1)) : 0, <usize>repeat);
          have += repeat;
          bits >>= <u64>extra;
        }
        count -= width + extra;
      }
      store<i32>(state, have, HAVE);
      if (answer < 0) break;
      if (missing) {
        if (at < end) continue;
        break;
      }
      if (load<u8>(lengths + <usize>END_OF_BLOCK) == 0) {
        answer = NO_END;
        break;
      }
      if (!build(state, lengths, literals, state + LITERAL_TABLE, LITERAL_ROOT, KIND_LITERAL)) {
        answer = BAD_LITERALS;
        break;
      }
      const distances = total - literals;
      if (!build(state, lengths + <usize>literals, distances, distanceTable, DISTANCE_ROOT, KIND_DISTANCE)) {
        answer = BAD_DISTANCES;
        break;
      }
      mode = MODE_SYMBOLS;
    } else {
      answer = DONE;
      break;
    }
  }

  store<u64>(state, bits & ((<u64>1 << <u64>count) - 1), BITS);
  store<i32>(state, count, COUNT);
  store<i32>(state, mode, MODE);
  store<i32>(state, <i32>(at - from), CONSUMED);
  store<i32>(state, <i32>(out - to), PRODUCED);
  return answer;
}
