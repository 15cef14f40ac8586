import { DBUS_LIMITS, DBusReader, type DBusValue, DBusWriter, Malformed, typesIn, Variant } from './values.js';

/** The fields of a message's header, by their numbers (specification, "Header Fields"). */
const FIELDS = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replyTo: [5, 'u'],
  destination: [6, 's'],
  sender: [7, 's'],
  signature: [8, 'g'],
  descriptors: [9, 'u'],
} as const;

export const MESSAGE_TYPES = { call: 1, reply: 2, error: 3, signal: 4 } as const;

export interface DBusMessage {
  /** Messages of unknown types must be ignored. */
  readonly type: keyof typeof MESSAGE_TYPES | 'unknown';
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  /** The serial of the call that this answers. */
  readonly replyTo?: number;
  readonly destination?: string;
  readonly sender?: string;
  /** Of the body. */
  readonly signature?: string;
  /** Number of descriptors that came with it. */
  readonly descriptors?: number;
  readonly body: readonly DBusValue[];
}

const LITTLE = 0x6c;
const BIG = 0x42;
const VERSION = 1;
/** Up to the length of the header's fields. */
const FIXED_BYTES = 16;

/** @throws Malformed when the body does not fit its signature */
export function encodeMessage(message: DBusMessage & { readonly type: keyof typeof MESSAGE_TYPES }): Buffer {
  const body = new DBusWriter();
  const types = typesIn(message.signature ?? '');
  if (types.length !== message.body.length) throw new Malformed(`${message.body.length} values for ${types.length}`);
  for (const [index, type] of types.entries()) body.write(type, message.body[index]!);
  const head = new DBusWriter();
  for (const byte of [LITTLE, MESSAGE_TYPES[message.type], 0, VERSION]) head.write('y', byte);
  head.write('u', body.bytes.length);
  head.write('u', message.serial);
  const fields = Object.entries(FIELDS).flatMap(([name, [number, type]]) => {
    const value = message[name as keyof typeof FIELDS];
    return value === undefined ? [] : [[number, new Variant(type, value)] as const];
  });
  head.write('a(yv)', fields);
  head.align(8);
  return Buffer.concat([head.bytes, body.bytes]);
}

/**
 * The length of the message that begins here, or null while its beginning is incomplete.
 * @throws Malformed
 */
export function messageLength(bytes: Uint8Array): number | null {
  if (bytes.length < FIXED_BYTES) return null;
  const little = isLittle(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = bodyStart(view.getUint32(12, little)) + view.getUint32(4, little);
  if (length > DBUS_LIMITS.message) throw new Malformed(`a message of ${length} bytes`);
  return length;
}

/**
 * @param bytes one whole message
 * @throws Malformed
 */
export function decodeMessage(bytes: Uint8Array): DBusMessage {
  const little = isLittle(bytes);
  const reader = new DBusReader(bytes, little);
  reader.at = 1;
  const [type, , version] = [reader.read('y'), reader.read('y'), reader.read('y')];
  const [bodyLength, serial] = [reader.read('u'), reader.read('u')] as [number, number];
  if (version !== VERSION || type === 0) throw new Malformed('a message of another version');
  const fields = fieldsIn(reader.read('a(yv)') as (readonly [number, Variant])[]);
  reader.align(8);
  if (reader.at + bodyLength !== bytes.length) throw new Malformed('a message whose length is wrong');
  const values = new DBusReader(bytes.subarray(reader.at), little);
  const body = typesIn(fields.signature ?? '').map(each => values.read(each));
  if (values.at !== bodyLength) throw new Malformed('a body whose signature is wrong');
  const name = Object.entries(MESSAGE_TYPES).find(([, number]) => number === type)?.[0] ?? 'unknown';
  return { ...fields, type: name as DBusMessage['type'], serial, body };
}

type Fields = { -readonly [Name in keyof typeof FIELDS]?: DBusMessage[Name] };

function fieldsIn(pairs: readonly (readonly [number, Variant])[]): Fields {
  const fields: Record<string, DBusValue> = {};
  for (const [number, { signature, value }] of pairs) {
    const known = Object.entries(FIELDS).find(([, [each]]) => each === number);
    if (!known) continue;
    if (signature !== known[1][1]) throw new Malformed(`a field ${known[0]} of the type ${signature}`);
    fields[known[0]] = value;
  }
  return fields as Fields;
}

function isLittle(bytes: Uint8Array): boolean {
  if (bytes[0] !== LITTLE && bytes[0] !== BIG) throw new Malformed('a message in no known byte order');
  return bytes[0] === LITTLE;
}

function bodyStart(fieldBytes: number): number {
  return Math.ceil((FIXED_BYTES + fieldBytes) / 8) * 8;
}
