/**
 * The values of D-Bus and their bytes (D-Bus specification, "Type System" and "Marshaling"). Signatures: y byte, b
 * boolean, n q i u x t integers of 16, 32 and 64 bits, d double, s string, o object path, g signature, h index of a
 * descriptor, v variant, a array, ( ) struct, a{ } dictionary.
 */
export type DBusValue =
  | number
  | bigint
  | boolean
  | string
  | Variant
  | readonly DBusValue[]
  | ReadonlyMap<DBusValue, DBusValue>;

/** A value that brings its type with it. */
export class Variant {
  readonly signature: string;
  readonly value: DBusValue;

  constructor(signature: string, value: DBusValue) {
    this.signature = signature;
    this.value = value;
  }
}

/** `a{sv}`, from names, types and values. */
export type Options = ReadonlyMap<string, Variant>;

export function options(entries: Readonly<Record<string, readonly [signature: string, value: DBusValue]>>): Options {
  return new Map(Object.entries(entries).map(([name, [signature, value]]) => [name, new Variant(signature, value)]));
}

/** Limits on one message. */
export const DBUS_LIMITS = {
  /** Bytes. The specification allows 128 MiB; no message used here is nearly as long. */
  message: 4 * 1024 * 1024,
  /** Bytes (specification). */
  signature: 255,
  /** Arrays, structs and variants within each other. */
  depth: 32,
} as const;

/** Bytes that are no D-Bus message, or a value that does not fit its signature. */
export class Malformed extends Error {}

const ALIGNMENT: Readonly<Record<string, number>> = {
  ...{ y: 1, g: 1, v: 1, n: 2, q: 2, b: 4, i: 4, u: 4, h: 4, s: 4, o: 4, a: 4 },
  ...{ x: 8, t: 8, d: 8, '(': 8, '{': 8 },
};
/** Types allowed as keys of a dictionary. */
const BASIC = /^[ybnqiuxtdsogh]$/;
const OBJECT_PATH = /^\/(?:[A-Za-z0-9_]+(?:\/[A-Za-z0-9_]+)*)?$/;

/**
 * The complete types that a signature consists of.
 * @throws Malformed
 */
export function typesIn(signature: string): string[] {
  if (signature.length > DBUS_LIMITS.signature) throw new Malformed('a signature that is too long');
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at, 0);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, at: number, depth: number): number {
  const code = signature[at];
  if (depth > DBUS_LIMITS.depth) throw new Malformed('a signature that is nested too deeply');
  if (code === 'a') {
    return signature[at + 1] === '{'
      ? endOfEntry(signature, at + 1, depth + 1)
      : endOfType(signature, at + 1, depth + 1);
  }
  if (code === '(') {
    let end = endOfType(signature, at + 1, depth + 1);
    while (signature[end] !== ')') end = endOfType(signature, end, depth + 1);
    return end + 1;
  }
  if (code === undefined || code === '{' || ALIGNMENT[code] === undefined) {
    throw new Malformed(`an invalid signature: ${signature}`);
  }
  return at + 1;
}

function endOfEntry(signature: string, at: number, depth: number): number {
  if (!BASIC.test(signature[at + 1] ?? '')) throw new Malformed(`a dictionary without a simple key: ${signature}`);
  const end = endOfType(signature, at + 2, depth + 1);
  if (signature[end] !== '}') throw new Malformed(`a dictionary that does not end: ${signature}`);
  return end + 1;
}

const SMALLEST = 256;

/** Writes values, little-endian. */
export class DBusWriter {
  #bytes = Buffer.alloc(SMALLEST);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  align(alignment: number): void {
    this.#take((alignment - (this.#length % alignment)) % alignment);
  }

  /** @throws Malformed when the value is not of this type */
  write(type: string, value: DBusValue, depth = 0): void {
    if (depth > DBUS_LIMITS.depth) throw new Malformed('values that are nested too deeply');
    const code = type[0]!;
    this.align(ALIGNMENT[code] ?? 1);
    if (!this.#writeSimple(code, value) && !this.#writeNested(type, value, depth)) {
      throw new Malformed(`this is not of the type ${type}: ${String(value)}`);
    }
  }

  #writeSimple(code: string, value: DBusValue): boolean {
    if (typeof value === 'number') return this.#writeNumber(code, value);
    if (typeof value === 'bigint') return this.#writeBig(code, value);
    if (typeof value === 'string') return this.#writeText(code, value);
    if (typeof value !== 'boolean' || code !== 'b') return false;
    return this.#writeNumber('u', value ? 1 : 0);
  }

  #writeNested(type: string, value: DBusValue, depth: number): boolean {
    const code = type[0];
    if (value instanceof Variant && code === 'v') {
      if (typesIn(value.signature).length !== 1) throw new Malformed('a variant is of one type');
      this.#writeText('g', value.signature);
      this.write(value.signature, value.value, depth + 1);
    } else if (value instanceof Map && type.startsWith('a{')) {
      this.#writeArray(type, [...value], depth);
    } else if (Array.isArray(value) && code === 'a' && type[1] !== '{') {
      this.#writeArray(type, value, depth);
    } else if (Array.isArray(value) && (code === '(' || code === '{')) {
      const types = typesIn(type.slice(1, -1));
      if (types.length !== value.length) throw new Malformed(`${value.length} values for ${type}`);
      for (const [index, each] of types.entries()) this.write(each, value[index], depth + 1);
    } else {
      return false;
    }
    return true;
  }

  #writeArray(type: string, values: readonly DBusValue[], depth: number): void {
    const lengthAt = this.#take(4);
    const element = type.slice(1);
    this.align(ALIGNMENT[element[0]!] ?? 1);
    const start = this.#length;
    for (const value of values) this.write(element, value, depth + 1);
    this.#bytes.writeUInt32LE(this.#length - start, lengthAt);
  }

  #writeNumber(code: string, value: number): boolean {
    const length = { y: 1, n: 2, q: 2, i: 4, u: 4, h: 4, d: 8 }[code];
    if (length === undefined) return false;
    const at = this.#take(length);
    const bytes = this.#bytes;
    try {
      if (code === 'y') bytes.writeUInt8(value, at);
      else if (code === 'n') bytes.writeInt16LE(value, at);
      else if (code === 'q') bytes.writeUInt16LE(value, at);
      else if (code === 'i') bytes.writeInt32LE(value, at);
      else if (code === 'd') bytes.writeDoubleLE(value, at);
      else bytes.writeUInt32LE(value, at);
    } catch (cause) {
      throw new Malformed(`${value} does not fit the type ${code}`, { cause });
    }
    return true;
  }

  #writeBig(code: string, value: bigint): boolean {
    if (code !== 'x' && code !== 't') return false;
    const at = this.#take(8);
    try {
      if (code === 'x') this.#bytes.writeBigInt64LE(value, at);
      else this.#bytes.writeBigUInt64LE(value, at);
    } catch (cause) {
      throw new Malformed(`${value} does not fit the type ${code}`, { cause });
    }
    return true;
  }

  #writeText(code: string, text: string): boolean {
    if (code !== 's' && code !== 'o' && code !== 'g') return false;
    if (text.includes('\0')) throw new Malformed('a text with a zero byte');
    if (code === 'o' && !OBJECT_PATH.test(text)) throw new Malformed(`this is no object path: ${text}`);
    if (code === 'g') typesIn(text);
    const length = Buffer.byteLength(text);
    this.#writeNumber(code === 'g' ? 'y' : 'u', length);
    const at = this.#take(length + 1);
    this.#bytes.write(text, at);
    return true;
  }

  /** Makes room for zeroed bytes, growing the block if necessary. @returns the offset of the first */
  #take(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads values, checking everything. */
export class DBusReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  at = 0;

  constructor(bytes: Uint8Array, littleEndian = true) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#little = littleEndian;
  }

  align(alignment: number): void {
    const count = (alignment - (this.at % alignment)) % alignment;
    const start = this.#take(count);
    for (let at = start; at < start + count; at++) {
      if (this.#bytes[at] !== 0) throw new Malformed('a gap that is not empty');
    }
  }

  /** @throws Malformed */
  read(type: string, depth = 0): DBusValue {
    if (depth > DBUS_LIMITS.depth) throw new Malformed('values that are nested too deeply');
    const view = this.#view;
    const little = this.#little;
    const code = type[0]!;
    this.align(ALIGNMENT[code] ?? 1);
    switch (code) {
      case 'y':
        return view.getUint8(this.#take(1));
      case 'b':
        return this.#boolean();
      case 'n':
        return view.getInt16(this.#take(2), little);
      case 'q':
        return view.getUint16(this.#take(2), little);
      case 'i':
        return view.getInt32(this.#take(4), little);
      case 'u':
      case 'h':
        return this.#u32();
      case 'x':
        return view.getBigInt64(this.#take(8), little);
      case 't':
        return view.getBigUint64(this.#take(8), little);
      case 'd':
        return view.getFloat64(this.#take(8), little);
      case 's':
        return this.#text(this.#u32());
      case 'o':
        return this.#path();
      case 'g':
        return this.#signature();
      case 'v':
        return this.#variant(depth);
      case 'a':
        return this.#array(type.slice(1), depth);
      case '(':
      case '{':
        return typesIn(type.slice(1, -1)).map(each => this.read(each, depth + 1));
      default:
        throw new Malformed(`an invalid type: ${type}`);
    }
  }

  #boolean(): boolean {
    const value = this.#u32();
    if (value > 1) throw new Malformed('a boolean that is neither');
    return value === 1;
  }

  #path(): string {
    const path = this.#text(this.#u32());
    if (!OBJECT_PATH.test(path)) throw new Malformed('an invalid object path');
    return path;
  }

  #signature(): string {
    const signature = this.#text(this.#view.getUint8(this.#take(1)));
    typesIn(signature);
    return signature;
  }

  #variant(depth: number): Variant {
    const signature = this.#signature();
    if (typesIn(signature).length !== 1) throw new Malformed('a variant that is not of one type');
    return new Variant(signature, this.read(signature, depth + 1));
  }

  #array(element: string, depth: number): DBusValue {
    const length = this.#u32();
    this.align(ALIGNMENT[element[0]!] ?? 1);
    const end = this.at + length;
    if (end > this.#bytes.length) throw new Malformed('an array beyond the end');
    const values: DBusValue[] = [];
    while (this.at < end) values.push(this.read(element, depth + 1));
    if (this.at !== end) throw new Malformed('an array whose length is wrong');
    return element[0] === '{' ? new Map(values as [DBusValue, DBusValue][]) : values;
  }

  #text(length: number): string {
    const at = this.#take(length);
    if (this.#bytes[this.#take(1)] !== 0) throw new Malformed('a text that does not end');
    const bytes = this.#bytes.subarray(at, at + length);
    if (bytes.includes(0)) throw new Malformed('a text with a zero byte');
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new Malformed('a text that is not UTF-8', { cause });
    }
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4), this.#little);
  }

  #take(count: number): number {
    const at = this.at;
    if (count > this.#bytes.length - at) throw new Malformed('a message that is cut off');
    this.at += count;
    return at;
  }
}
