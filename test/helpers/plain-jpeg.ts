/**
 * JPEG (ITU T.81, baseline) in plain TypeScript, written from the specification. Tests decode with it independently of
 * the program's library, and where no library may be loaded.
 */

export interface PlainPicture {
  readonly width: number;
  readonly height: number;
  /** B, G, R, X; packed. */
  readonly data: Buffer;
}

interface Component {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly quantization: number;
  readonly plane: Uint8ClampedArray;
  readonly stride: number;
  readonly rows: number;
  mean: number;
}

/** Indexed by the next 16 bits: (length << 8) | value of the code that they start with, 0 if there is none. */
type Codes = Uint16Array;

const MARKER = { frame: 0xc0, huffman: 0xc4, scan: 0xda, quantization: 0xdb, restarts: 0xdd } as const;
const BLOCK = 8;

const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
];

/** Indexed by position and frequency. */
const WAVES = Array.from({ length: BLOCK }, (_, place) =>
  Array.from({ length: BLOCK }, (_, frequency) => {
    return (frequency === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * place + 1) * frequency * Math.PI) / 16);
  }),
);

/** @throws Error unless the bytes are a complete baseline JPEG of one or three components in one scan */
export function decodePlainJpeg(bytes: Uint8Array): PlainPicture {
  const u16 = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  const quantizations = new Map<number, Uint8Array>();
  const codes = new Map<number, Codes>();
  let size = { width: 0, height: 0 };
  let components: Component[] = [];
  let restarts = 0;
  if (u16(0) !== 0xffd8) throw new Error('not JPEG');
  for (let at = 2; ; at += 2 + u16(at + 2)) {
    const [marker, begin, end] = [bytes[at + 1], at + 4, at + 2 + u16(at + 2)];
    if (bytes[at] !== 0xff || !(end <= bytes.length)) throw new Error('not JPEG');
    if (marker === MARKER.quantization) {
      for (let from = begin; from < end; from += 65) quantizations.set(bytes[from]!, bytes.slice(from + 1, from + 65));
    } else if (marker === MARKER.huffman) {
      for (let from = begin; from < end; ) {
        const counts = bytes.subarray(from + 1, from + 17);
        codes.set(bytes[from]!, codesOf(counts, bytes.subarray(from + 17)));
        from += 17 + counts.reduce((sum, count) => sum + count, 0);
      }
    } else if (marker === MARKER.restarts) restarts = u16(begin);
    else if (marker === MARKER.frame) {
      size = { height: u16(begin + 1), width: u16(begin + 3) };
      components = componentsOf(bytes.subarray(begin + 5, end), size);
    } else if (marker === MARKER.scan) {
      const tables = components.map((_, index) => bytes[begin + 2 + 2 * index]!);
      readScan(new Bits(bytes.subarray(end)), components, tables, { codes, quantizations, restarts, size });
      return { ...size, data: coloured(components, size) };
    } else if (marker! > MARKER.frame && marker! < 0xd0) throw new Error('not a baseline JPEG');
  }
}

/** T.81, C.2: codes of one length count up; the next length continues from there. */
function codesOf(counts: Uint8Array, values: Uint8Array): Codes {
  const codes = new Uint16Array(1 << 16);
  let [code, next] = [0, 0];
  for (const [index, count] of counts.entries()) {
    const length = index + 1;
    const each = 1 << (16 - length);
    for (let nth = 0; nth < count; nth++, code++) {
      codes.fill((length << 8) | values[next++]!, code * each, (code + 1) * each);
    }
    code *= 2;
  }
  return codes;
}

function componentsOf(told: Uint8Array, { width, height }: { width: number; height: number }): Component[] {
  const each = Array.from({ length: told[0]! }, (_, index) => [...told.subarray(1 + index * 3, 4 + index * 3)]);
  const most = { across: Math.max(...each.map(([, s]) => s! >> 4)), down: Math.max(...each.map(([, s]) => s! & 15)) };
  const columns = Math.ceil(width / (most.across * BLOCK));
  const rows = Math.ceil(height / (most.down * BLOCK));
  return each.map(([id, sampling, quantization]) => {
    const [across, down] = [sampling! >> 4, sampling! & 15];
    const [stride, lines] = [columns * across * BLOCK, rows * down * BLOCK];
    const plane = new Uint8ClampedArray(stride * lines);
    return { id: id!, across, down, quantization: quantization!, plane, stride, rows: lines, mean: 0 };
  });
}

/** The bits of a scan: 0xff is followed by a stuffed zero byte or by a marker. */
class Bits {
  /** The parts between restart markers, unstuffed. */
  readonly #parts: Uint8Array[] = [];
  #part = 0;
  /** Position in the part, in bits. */
  #at = 0;

  constructor(scanned: Uint8Array) {
    let part: number[] = [];
    const end = () => {
      this.#parts.push(Uint8Array.from([...part, 0, 0, 0]));
      part = [];
    };
    for (let at = 0; at < scanned.length; at++) {
      const [byte, next] = [scanned[at]!, scanned[at + 1]];
      if (byte !== 0xff || next === 0) part.push(byte);
      else if (next! >= 0xd0 && next! <= 0xd7) end();
      else break;
      if (byte === 0xff) at++;
    }
    end();
  }

  restart(): void {
    this.#part++;
    this.#at = 0;
  }

  coded(codes: Codes): number {
    const found = codes[this.#next16()]!;
    if (found === 0) throw new Error('a code that is none');
    this.#at += found >> 8;
    return found & 255;
  }

  /** T.81, F.2.2.1: reads a value of so many bits (EXTEND). */
  value(bits: number): number {
    if (bits === 0) return 0;
    const value = this.#next16() >> (16 - bits);
    this.#at += bits;
    return value < 2 ** (bits - 1) ? value - 2 ** bits + 1 : value;
  }

  #next16(): number {
    const [part, byte] = [this.#parts[this.#part], this.#at >> 3];
    if (!part || byte + 3 > part.length) throw new Error('it ends too early');
    const three = (part[byte]! << 16) | (part[byte + 1]! << 8) | part[byte + 2]!;
    return (three >> (8 - (this.#at & 7))) & 0xffff;
  }
}

interface Scan {
  readonly codes: ReadonlyMap<number, Codes>;
  readonly quantizations: ReadonlyMap<number, Uint8Array>;
  readonly restarts: number;
  readonly size: { readonly width: number; readonly height: number };
}

function readScan(bits: Bits, components: readonly Component[], tables: readonly number[], scan: Scan): void {
  const { stride, across, rows, down } = components[0]!;
  const columns = stride / (across * BLOCK);
  const units = columns * (rows / (down * BLOCK));
  for (let unit = 0; unit < units; unit++) {
    if (scan.restarts > 0 && unit > 0 && unit % scan.restarts === 0) {
      bits.restart();
      for (const each of components) each.mean = 0;
    }
    const [column, row] = [unit % columns, Math.floor(unit / columns)];
    for (const [index, component] of components.entries()) {
      const means = scan.codes.get(tables[index]! >> 4)!;
      const others = scan.codes.get(0x10 | (tables[index]! & 15))!;
      const steps = scan.quantizations.get(component.quantization)!;
      for (let y = 0; y < component.down; y++) {
        for (let x = 0; x < component.across; x++) {
          const values = readBlock(bits, component, means, others, steps);
          const [left, top] = [(column * component.across + x) * BLOCK, (row * component.down + y) * BLOCK];
          placeBlock(values, component.plane, top * component.stride + left, component.stride);
        }
      }
    }
  }
}

function readBlock(bits: Bits, component: Component, means: Codes, others: Codes, steps: Uint8Array): Float64Array {
  const values = new Float64Array(BLOCK * BLOCK);
  component.mean += bits.value(bits.coded(means));
  values[0] = component.mean * steps[0]!;
  for (let at = 1; at < BLOCK * BLOCK; at++) {
    const code = bits.coded(others);
    const length = code & 15;
    if (length === 0 && code !== 0xf0) break;
    at += code >> 4;
    if (length > 0) values[ZIGZAG[at]!] = bits.value(length) * steps[at]!;
  }
  return values;
}

/** The inverse transform, rows first. */
function placeBlock(values: Float64Array, plane: Uint8ClampedArray, at: number, stride: number): void {
  const halfway = new Float64Array(BLOCK * BLOCK);
  for (let row = 0; row < BLOCK; row++) {
    if (values.subarray(row * BLOCK, (row + 1) * BLOCK).every(value => value === 0)) continue;
    for (let x = 0; x < BLOCK; x++) {
      let sum = 0;
      for (let frequency = 0; frequency < BLOCK; frequency++) {
        sum += values[row * BLOCK + frequency]! * WAVES[x]![frequency]!;
      }
      halfway[row * BLOCK + x] = sum;
    }
  }
  for (let x = 0; x < BLOCK; x++) {
    for (let y = 0; y < BLOCK; y++) {
      let sum = 128;
      for (let frequency = 0; frequency < BLOCK; frequency++) {
        sum += halfway[frequency * BLOCK + x]! * WAVES[y]![frequency]!;
      }
      plane[at + y * stride + x] = sum;
    }
  }
}

/** Upsamples a component linearly to all pixels: at half resolution, 3/4 of the nearer sample and 1/4 of the other. */
function widened({ plane, stride, across, down }: Component, most: Component, size: Scan['size']): Float64Array {
  const { width, height } = size;
  const [columns, rows] = [Math.ceil((width * across) / most.across), Math.ceil((height * down) / most.down)];
  const wide = new Float64Array(width * height);
  const inside = (value: number, end: number) => Math.min(Math.max(value, 0), end - 1);
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) * down) / most.down - 0.5;
    const [above, below] = [inside(Math.floor(v), rows) * stride, inside(Math.floor(v) + 1, rows) * stride];
    const vertical = v - Math.floor(v);
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) * across) / most.across - 0.5;
      const [left, right] = [inside(Math.floor(u), columns), inside(Math.floor(u) + 1, columns)];
      const horizontal = u - Math.floor(u);
      const upper = plane[above + left]! * (1 - horizontal) + plane[above + right]! * horizontal;
      const lower = plane[below + left]! * (1 - horizontal) + plane[below + right]! * horizontal;
      wide[y * width + x] = upper * (1 - vertical) + lower * vertical;
    }
  }
  return wide;
}

function coloured(components: readonly Component[], size: Scan['size']): Buffer {
  const [luma, blue, red] = components.map(each => widened(each, components[0]!, size));
  const data = Buffer.alloc(size.width * size.height * 4);
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let pixel = 0; pixel < size.width * size.height; pixel++) {
    const [y, cb, cr] = [luma![pixel]!, (blue?.[pixel] ?? 128) - 128, (red?.[pixel] ?? 128) - 128];
    clamped[pixel * 4] = y + 1.772 * cb;
    clamped[pixel * 4 + 1] = y - 0.344136 * cb - 0.714136 * cr;
    clamped[pixel * 4 + 2] = y + 1.402 * cr;
  }
  return data;
}

/** A Huffman table of four-bit codes for the lengths 0 to 11. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/**
 * A JPEG (4:4:4, DC coefficients only) in which each block of 8x8 pixels has one colour.
 * @param colourOf a block's colour, 0xRRGGBB; decodes to within two steps per channel
 */
export function plainJpegOf(
  { width, height }: { readonly width: number; readonly height: number },
  colourOf: (column: number, row: number) => number = () => 0,
): Buffer {
  const segment = (marker: number, ...content: number[]) => {
    const length = content.length + 2;
    return [0xff, marker, length >> 8, length & 255, ...content];
  };
  const bits: number[] = [];
  const write = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  const before = [0, 0, 0];
  for (let row = 0; row < Math.ceil(height / BLOCK); row++) {
    for (let column = 0; column < Math.ceil(width / BLOCK); column++) {
      for (const [index, mean] of meansOf(colourOf(column, row)).entries()) {
        const difference = mean - before[index]!;
        before[index] = mean;
        const length = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
        write(length, 4);
        write(difference < 0 ? difference + 2 ** length - 1 : difference, length);
        // End of block, the only code of the AC table.
        write(0, 1);
      }
    }
  }
  while (bits.length % 8 !== 0) bits.push(1);
  const scanned: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = bits.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0);
    scanned.push(byte, ...(byte === 0xff ? [0] : []));
  }
  const sizeBytes = [height >> 8, height & 255, width >> 8, width & 255];
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(MARKER.quantization, 0, ...new Array<number>(64).fill(1)),
    ...segment(MARKER.frame, 8, ...sizeBytes, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0),
    ...segment(MARKER.huffman, 0x00, 0, 0, 0, LENGTHS.length, ...new Array<number>(12).fill(0), ...LENGTHS),
    ...segment(MARKER.huffman, 0x10, 1, ...new Array<number>(15).fill(0), 0),
    ...segment(MARKER.scan, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0),
    ...scanned,
    ...[0xff, 0xd9],
  ]);
}

/** Eight times a block's Y, Cb and Cr. */
function meansOf(colour: number): number[] {
  const [red, green, blue] = [colour >> 16, (colour >> 8) & 255, colour & 255];
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [luma - 128, (blue - luma) / 1.772, (red - luma) / 1.402].map(value => Math.round(value * 8));
}
