import { bytesOfAddress, ipv6Text } from '../../core/ip-address.js';
import { fromUtf8, utf8 } from '../../core/text.js';

/** A name as a list of labels, e.g. ["desk", "_rfb", "_tcp", "local"]. A label may contain dots and spaces. */
export type DnsName = readonly string[];

export type DnsData =
  | { readonly type: 'PTR'; readonly target: DnsName }
  | { readonly type: 'SRV'; readonly target: DnsName; readonly port: number }
  | { readonly type: 'TXT'; readonly texts: readonly string[] }
  | { readonly type: 'A' | 'AAAA'; readonly address: string };

export type DnsRecord = DnsData & {
  readonly name: DnsName;
  /** Seconds; 0 withdraws the record. */
  readonly ttl: number;
  /** Whether the sender is the only one with records of this name and type (the cache-flush bit). */
  readonly unique?: boolean;
};

export interface DnsQuestion {
  readonly name: DnsName;
  readonly type: DnsData['type'] | 'ANY';
}

/** A message of multicast DNS (RFC 6762), as far as service discovery needs it. */
export interface DnsMessage {
  readonly response: boolean;
  readonly questions: readonly DnsQuestion[];
  /** Answers and additional records. */
  readonly records: readonly DnsRecord[];
  /** The records that a probe claims (RFC 6762, 8.2). */
  readonly wanted: readonly DnsRecord[];
}

/** Limits on a message from the network. */
export const MDNS_LIMITS = {
  /** Bytes (RFC 6762, 17). */
  message: 9000,
  questions: 64,
  records: 128,
  /** Bytes, DNS's own limits. */
  label: 63,
  name: 255,
  /** Strings in a TXT record. */
  texts: 16,
} as const;

const TYPES = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const;
const NAMES: ReadonlyMap<number, keyof typeof TYPES> = new Map(
  Object.entries(TYPES).map(([name, number]) => [number, name as keyof typeof TYPES]),
);
const IN = 1;
/** In the class field. Question: answer by unicast. Record: the sender is the only one that has it. */
const TOP_BIT = 0x8000;
const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const OPCODE_AND_RCODE = 0x780f;

/** DNS ignores the case of ASCII letters. */
export function nameKey(name: DnsName): string {
  return name.map(label => `${label.length}.${label.replace(/[A-Z]/g, letter => letter.toLowerCase())}`).join('');
}

export function sameName(a: DnsName, b: DnsName): boolean {
  return a.length === b.length && nameKey(a) === nameKey(b);
}

/** A malformed message; never leaves this file. */
class Malformed extends Error {}

class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u8(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new Malformed();
    this.at++;
    return byte;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new Malformed();
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** A name, which may end with a pointer to earlier bytes. Each pointer must lead further back, so this ends. */
  name(): DnsName {
    const labels: string[] = [];
    let length = 1;
    let after: number | null = null;
    let before = this.at;
    for (;;) {
      const head = this.u8();
      if (head === 0) break;
      if (head >= 0xc0) {
        const target = (head & 0x3f) * 0x100 + this.u8();
        after ??= this.at;
        if (target >= before) throw new Malformed();
        before = target;
        this.at = target;
        continue;
      }
      length += head + 1;
      if (head > MDNS_LIMITS.label || length > MDNS_LIMITS.name) throw new Malformed();
      labels.push(utf8(this.take(head)));
    }
    if (after !== null) this.at = after;
    return labels;
  }
}

function questionIn(reader: Reader): DnsQuestion | null {
  const name = reader.name();
  const type = NAMES.get(reader.u16());
  const inInternet = (reader.u16() & ~TOP_BIT) === IN;
  return type !== undefined && inInternet ? { name, type } : null;
}

/** The next record, or null for a type that service discovery does not need. */
function recordIn(reader: Reader): DnsRecord | null {
  const name = reader.name();
  const type = NAMES.get(reader.u16());
  const kind = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  const end = reader.at + length;
  const data = (kind & ~TOP_BIT) === IN ? dataIn(reader, type, length) : null;
  if (data === null) {
    reader.take(end - reader.at);
    return null;
  }
  if (reader.at !== end) throw new Malformed();
  return { ...data, name, ttl, unique: (kind & TOP_BIT) !== 0 };
}

function dataIn(reader: Reader, type: keyof typeof TYPES | undefined, length: number): DnsData | null {
  switch (type) {
    case 'PTR':
      return { type, target: reader.name() };
    case 'SRV': {
      // Skips priority and weight: a sharer is one machine.
      reader.take(4);
      const port = reader.u16();
      return { type, port, target: reader.name() };
    }
    case 'TXT':
      return { type, texts: textsIn(reader.take(length)) };
    case 'A':
      return length === 4 ? { type, address: reader.take(4).join('.') } : null;
    case 'AAAA':
      return length === 16 ? { type, address: ipv6Text(reader.take(16)) } : null;
    default:
      return null;
  }
}

function textsIn(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length && texts.length < MDNS_LIMITS.texts; at += 1 + bytes[at]!) {
    texts.push(utf8(bytes.subarray(at + 1, at + 1 + bytes[at]!)));
  }
  return texts;
}

function isThere<Value>(value: Value | null): value is Value {
  return value !== null;
}

/** @returns null for bytes that are no DNS message or exceed the limits */
export function decodeMessage(bytes: Uint8Array): DnsMessage | null {
  if (bytes.length > MDNS_LIMITS.message) return null;
  try {
    const reader = new Reader(bytes);
    reader.take(2);
    const flags = reader.u16();
    const [asked, answers, wanted, more] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
    const tooMany = asked > MDNS_LIMITS.questions || answers + wanted + more > MDNS_LIMITS.records;
    if ((flags & OPCODE_AND_RCODE) !== 0 || tooMany) return null;
    const list = <Item>(count: number, read: (reader: Reader) => Item | null): Item[] =>
      Array.from({ length: count }, () => read(reader)).filter(isThere);
    const questions = list(asked, questionIn);
    const first = list(answers, recordIn);
    const proposed = list(wanted, recordIn);
    const rest = list(more, recordIn);
    return { response: (flags & RESPONSE) !== 0, questions, records: [...first, ...rest], wanted: proposed };
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function u16(value: number): number[] {
  return [value >>> 8, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

/** A text in UTF-8, cut to `limit` bytes between characters. */
function cut(text: string, limit: number): Uint8Array {
  let shortest = text;
  while (fromUtf8(shortest).length > limit) shortest = [...shortest].slice(0, -1).join('');
  return fromUtf8(shortest);
}

/** A text cut to the length of a label. */
export function labelOf(text: string): string {
  return utf8(cut(text, MDNS_LIMITS.label));
}

function nameBytes(name: DnsName): number[] {
  return [...name.flatMap(label => counted(cut(label, MDNS_LIMITS.label))), 0];
}

function counted(bytes: Uint8Array): number[] {
  return [bytes.length, ...bytes];
}

/** A record's data without its length; also used to compare records. */
export function dataBytes(record: DnsData): number[] {
  switch (record.type) {
    case 'PTR':
      return nameBytes(record.target);
    case 'SRV':
      return [0, 0, 0, 0, ...u16(record.port), ...nameBytes(record.target)];
    case 'TXT':
      return record.texts.length === 0 ? [0] : record.texts.flatMap(text => counted(cut(text, 255)));
    default:
      return bytesOfAddress(record.address);
  }
}

function recordBytes(record: DnsRecord): number[] {
  const data = dataBytes(record);
  const kind = IN | (record.unique ? TOP_BIT : 0);
  return [
    ...nameBytes(record.name),
    ...u16(TYPES[record.type]),
    ...u16(kind),
    ...u32(record.ttl),
    ...u16(data.length),
    ...data,
  ];
}

export function encodeMessage({ response, questions, records, wanted }: DnsMessage): Uint8Array<ArrayBuffer> {
  const flags = response ? RESPONSE | AUTHORITATIVE : 0;
  const counts = [questions.length, records.length, wanted.length, 0];
  return Uint8Array.from([
    ...u16(0),
    ...u16(flags),
    ...counts.flatMap(u16),
    ...questions.flatMap(({ name, type }) => [...nameBytes(name), ...u16(TYPES[type]), ...u16(IN)]),
    ...records.flatMap(recordBytes),
    ...wanted.flatMap(recordBytes),
  ]);
}
