import type { Plane } from './compare.js';

/** Plain versions of kernels/encode-cosine.ts and kernels/decode-cosine.ts: one block, one pixel at a time. */

const MACRO = { width: 64, height: 16 };
const BLOCKS = 8;
const PLACES = 64;
const WHOLE = 9;
const SCALE = [1.0, 1.387039845, 1.306562965, 1.175875602, 1.0, 0.785694958, 0.5411961, 0.275899379];

/** The zigzag order: positions of a block along its diagonals, in alternating directions. */
const ORDER = Array.from({ length: PLACES }, (_, place) => ({ row: place >> 3, column: place & 7 }))
  .sort((a, b) => {
    const diagonal = a.row + a.column;
    return diagonal - (b.row + b.column) || (diagonal % 2 === 0 ? b.row - a.row : a.row - b.row);
  })
  .map(({ row, column }) => row * 8 + column);

function short(value: number): number {
  return (value << 16) >> 16;
}

/** The rounded product of a 16-bit number and a 15-bit fraction. */
function mulr(value: number, fraction: number): number {
  return Math.min((value * fraction + 0x4000) >> 15, 0x7fff);
}

function nearest(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

type Eight = [number, number, number, number, number, number, number, number];

function forward([v0, v1, v2, v3, v4, v5, v6, v7]: Eight): Eight {
  const outer = short(v0 + v7 + v3 + v4);
  const inner = short(v1 + v6 + v2 + v5);
  const difference = short(v0 + v7 - v3 - v4);
  const turned = mulr(short(v1 + v6 - v2 - v5 + difference), 23170);
  const low = short(v3 - v4 + v2 - v5);
  const middle = short(v2 - v5 + v1 - v6);
  const high = short(v1 - v6 + v0 - v7);
  const both = mulr(short(low - high), 12540);
  const z2 = short(mulr(low, 17734) + both);
  const z4 = short(high + mulr(high, 10045) + both);
  const z3 = mulr(middle, 23170);
  const z11 = short(v0 - v7 + z3);
  const z13 = short(v0 - v7 - z3);
  return [
    outer + inner,
    z11 + z4,
    difference + turned,
    z13 - z2,
    outer - inner,
    z13 + z2,
    difference - turned,
    z11 - z4,
  ].map(short) as Eight;
}

function inverse([v0, v1, v2, v3, v4, v5, v6, v7]: Eight): Eight {
  const sum26 = short(v2 + v6);
  const minus26 = short(v2 - v6);
  const turned = short(minus26 + mulr(minus26, 13573) - sum26);
  const even = [v0 + v4 + sum26, v0 - v4 + turned, v0 - v4 - turned, v0 + v4 - sum26].map(short);
  const z10 = short(v5 - v3);
  const z12 = short(v1 - v7);
  const odd7 = short(v1 + v7 + v5 + v3);
  const minus = short(v1 + v7 - v5 - v3);
  const z = short(z10 + z12);
  const z5 = short(2 * z - mulr(z, 4989));
  const ten = short(z12 + mulr(z12, 2700) - z5);
  const twelve = short(z5 - (2 * z10 + mulr(z10, 20091)));
  const odd6 = short(twelve - odd7);
  const odd5 = short(minus + mulr(minus, 13573) - odd6);
  const odd4 = short(ten + odd5);
  const [e0, e1, e2, e3] = even as [number, number, number, number];
  return [e0 + odd7, e1 + odd6, e2 + odd5, e3 - odd4, e3 + odd4, e2 - odd5, e1 - odd6, e0 - odd7].map(short) as Eight;
}

/** Transforms one line of a block in place, from its first position and stride. */
function transform(block: number[], first: number, step: number, by: (line: Eight) => Eight): void {
  const line = Array.from({ length: 8 }, (_, at) => block[first + at * step]!) as Eight;
  for (const [at, value] of by(line).entries()) block[first + at * step] = value;
}

function factors(of: (scale: number) => number): number[] {
  return Array.from({ length: PLACES }, (_, place) => {
    return Math.min(nearest(of(SCALE[place >> 3]! * SCALE[place & 7]!)), 0x7fff);
  });
}

/** Eight blocks of 64 values. */
type Unit = number[][];

interface Colour {
  readonly blue: number;
  readonly red: number;
  readonly luma: number;
}

export function encodeCosine(
  from: Plane,
  width: number,
  height: number,
  lumaStep: number,
  chromaStep: number,
): Uint8Array {
  const at = (x: number, y: number): Colour => {
    const place = from.offset + Math.min(y, height - 1) * from.stride + Math.min(x, width - 1) * 4;
    const [blue, green, red] = [from.bytes[place]!, from.bytes[place + 1]!, from.bytes[place + 2]!];
    return { blue, red, luma: ((77 * red + 150 * green + 29 * blue + 64) >> 7) - 256 };
  };
  const chroma = (of: 'blue' | 'red', fraction: number) => (x: number, y: number) => {
    let sum = 0;
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      const colour = at(2 * x + dx, 2 * y + dy);
      sum += 2 * colour[of] - colour.luma - 256;
    }
    return mulr(sum, fraction);
  };
  const blueness = chroma('blue', 4623);
  const redness = chroma('red', 5843);
  const lumaFactors = factors(scale => 0x8000 / (16 * scale * lumaStep * 0.25));
  const chromaFactors = factors(scale => 0x8000 / (16 * scale * chromaStep * 0.25));
  const bytes: number[] = [];
  for (let y = 0; y < height; y += MACRO.height) {
    const before = { luma: [0, 0], chroma: [0, 0] };
    for (let x = 0; x < width; x += MACRO.width) {
      for (const left of [x, x + 32]) {
        const unit = unitOf((block, column, row) => {
          return at(left + (block & 3) * 8 + column, y + (block >> 2) * 8 + row).luma;
        });
        writeUnit(quantized(unit, lumaFactors), before.luma, bytes);
      }
      const unit = unitOf((block, column, row) => {
        return (block < 4 ? blueness : redness)(x / 2 + (block & 3) * 8 + column, y / 2 + row);
      });
      writeUnit(quantized(unit, chromaFactors), before.chroma, bytes);
    }
  }
  return Uint8Array.from(bytes);
}

function unitOf(value: (block: number, column: number, row: number) => number): Unit {
  return Array.from({ length: BLOCKS }, (_, block) => {
    return Array.from({ length: PLACES }, (__, place) => value(block, place & 7, place >> 3));
  });
}

function quantized(unit: Unit, by: readonly number[]): Unit {
  for (const block of unit) {
    for (let line = 0; line < 8; line++) transform(block, line * 8, 1, forward);
    for (let line = 0; line < 8; line++) transform(block, line, 8, forward);
    for (const [place, value] of block.entries()) block[place] = mulr(value, by[place]!);
  }
  return unit;
}

/** The width of a number in bits, sign included: 0 for 0, 1 for -1, 2 for 1. */
function bitsOf(value: number): number {
  return value === 0 ? 0 : 33 - Math.clz32(value < 0 ? ~value : value);
}

/** @param before the previous first value of each of four blocks */
function writeUnit(unit: Unit, before: number[], bytes: number[]): void {
  const firsts = unit.map(block => block[0]!);
  for (const [index, block] of unit.entries()) {
    block[0] = short(firsts[index]! - (index % 4 === 0 ? before[index >> 2]! : firsts[index - 1]!));
  }
  [before[0], before[1]] = [firsts[3]!, firsts[7]!];
  const widths = ORDER.map(place => Math.min(Math.max(...unit.map(block => bitsOf(block[place]!))), WHOLE));
  const count = widths.findLastIndex(width => width > 0) + 1;
  bytes.push(count);
  for (let k = 0; k < count; k += 2) bytes.push(widths[k]! | ((widths[k + 1] ?? 0) << 4));
  for (let k = 0; k < count; k++) {
    const width = widths[k] === WHOLE ? 16 : widths[k]!;
    let bits = 0n;
    for (const [index, block] of unit.entries()) {
      bits |= BigInt.asUintN(width, BigInt(block[ORDER[k]!]!)) << BigInt(index * width);
    }
    for (let byte = 0; byte < width; byte++) bytes.push(Number((bits >> BigInt(byte * 8)) & 0xffn));
  }
}

/** @returns false for an invalid rectangle; nothing is painted then */
export function decodeCosine(
  data: Uint8Array,
  to: Plane,
  width: number,
  height: number,
  lumaStep: number,
  chromaStep: number,
): boolean {
  const luma = new Map<string, number>();
  const chroma = [new Map<string, number>(), new Map<string, number>()] as const;
  const reader = { data, at: 0 };
  const [lumaBack, chromaBack] = [backOf(lumaStep), backOf(chromaStep)];
  for (let y = 0; y < height; y += MACRO.height) {
    const before = { luma: [0, 0], chroma: [0, 0] };
    for (let x = 0; x < width; x += MACRO.width) {
      for (const left of [x, x + 32]) {
        const unit = readUnit(reader, before.luma);
        if (!unit) return false;
        restore(unit, lumaBack, (block, column, row, value) => {
          luma.set(`${left + (block & 3) * 8 + column} ${y + (block >> 2) * 8 + row}`, value);
        });
      }
      const unit = readUnit(reader, before.chroma);
      if (!unit) return false;
      restore(unit, chromaBack, (block, column, row, value) => {
        chroma[block >> 2]!.set(`${x / 2 + (block & 3) * 8 + column} ${y / 2 + row}`, value);
      });
    }
  }
  if (reader.at !== data.length) return false;
  const last = { x: ((width + 1) >> 1) - 1, y: ((height + 1) >> 1) - 1 };
  const blended = (plane: Map<string, number>, x: number, y: number) => {
    const between = (column: number) => {
      const far = Math.max(0, Math.min(last.y, (y >> 1) + (y % 2 === 0 ? -1 : 1)));
      const clamped = Math.max(0, Math.min(last.x, column));
      const sum = 3 * plane.get(`${clamped} ${y >> 1}`)! + plane.get(`${clamped} ${far}`)!;
      return short(sum + 4) >> 3;
    };
    return short(3 * between(x >> 1) + between((x >> 1) + (x % 2 === 0 ? -1 : 1)));
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = short(luma.get(`${x} ${y}`)! + 128 * 32 + 16);
      const cb = blended(chroma[0], x, y);
      const cr = blended(chroma[1], x, y);
      const place = to.offset + y * to.stride + x * 4;
      to.bytes[place] = channel(value + mulr(cb, 29032));
      to.bytes[place + 1] = channel(value - short(mulr(cb, 5638) + mulr(cr, 11700)));
      to.bytes[place + 2] = channel(value + mulr(cr, 22970));
      to.bytes[place + 3] = 0;
    }
  }
  return true;
}

function channel(value: number): number {
  return Math.max(0, Math.min(255, Math.max(-0x8000, Math.min(0x7fff, value)) >> 5));
}

interface Back {
  readonly lift: number;
  readonly factors: readonly number[];
}

function backOf(step: number): Back {
  const lift = Math.max(0, Math.ceil(Math.log2(step * 0.25 * 7.7)));
  return { lift, factors: factors(scale => (step * 0.25 * scale * 32 * 0.125 * 0x8000) / 2 ** lift) };
}

function readUnit(reader: { readonly data: Uint8Array; at: number }, before: number[]): Unit | null {
  if (reader.at >= reader.data.length) return null;
  // Missing bytes are read as 0, and reported at the end.
  const next = () => reader.data[reader.at++] ?? 0;
  const unit: Unit = Array.from({ length: BLOCKS }, () => new Array<number>(PLACES).fill(0));
  const count = next();
  if (count > PLACES) return null;
  const pairs = Array.from({ length: (count + 1) >> 1 }, next);
  for (let k = 0; k < count; k++) {
    const told = (pairs[k >> 1]! >> (k % 2 === 0 ? 0 : 4)) & 15;
    if (told > WHOLE) return null;
    const width = told === WHOLE ? 16 : told;
    let bits = 0n;
    for (let byte = 0; byte < width; byte++) bits |= BigInt(next()) << BigInt(byte * 8);
    for (const [index, block] of unit.entries()) {
      block[ORDER[k]!] = Number(BigInt.asIntN(width, bits >> BigInt(index * width)));
    }
  }
  for (const [index, block] of unit.entries()) {
    block[0] = short(block[0]! + (index % 4 === 0 ? before[index >> 2]! : unit[index - 1]![0]!));
  }
  [before[0], before[1]] = [unit[3]![0]!, unit[7]![0]!];
  return unit;
}

function restore(
  unit: Unit,
  { lift, factors: by }: Back,
  set: (block: number, column: number, row: number, value: number) => void,
): void {
  for (const [index, block] of unit.entries()) {
    for (const [place, value] of block.entries()) block[place] = mulr(short(value << lift), by[place]!);
    for (let line = 0; line < 8; line++) transform(block, line, 8, inverse);
    for (let line = 0; line < 8; line++) transform(block, line * 8, 1, inverse);
    for (const [place, value] of block.entries()) set(index, place & 7, place >> 3, value);
  }
}
