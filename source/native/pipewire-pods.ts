import type { Size } from '../core/rectangle.js';

/**
 * PipeWire's own data format (SPA POD), as far as negotiating a video stream needs it. A pod is its size (u32), its type
 * (u32) and its body, padded to 8 bytes; everything in the machine's byte order. From spa/pod/pod.h and
 * spa/utils/type.h.
 */
const TYPES = { id: 3, int: 4, long: 5, rectangle: 10, fraction: 11, object: 15, choice: 19 } as const;
const CHOICES = { range: 1, enumeration: 3, flags: 4 } as const;
const HEADER = 8;
/** Of a choice's body: kind and flags, then the header of one value. */
const CHOICE_HEADER = 16;
/** Of an object's body: its type and its id. */
const OBJECT_HEADER = 8;
/** Of a property: its key and its flags. */
const PROPERTY_HEADER = 8;

type Pod = Buffer;

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function pod(type: number, body: Uint8Array): Pod {
  const bytes = Buffer.alloc(HEADER + padded(body.length));
  bytes.writeUInt32LE(body.length, 0);
  bytes.writeUInt32LE(type, 4);
  bytes.set(body, HEADER);
  return bytes;
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

export const id = (value: number): Pod => pod(TYPES.id, words(value));
export const int = (value: number): Pod => pod(TYPES.int, words(value));
export const rectangle = ({ width, height }: Size): Pod => pod(TYPES.rectangle, words(width, height));
export const fraction = (numerator: number, denominator: number): Pod =>
  pod(TYPES.fraction, words(numerator, denominator));

/** @param values of one type, the preferred one first */
function choice(kind: number, values: readonly [Pod, ...Pod[]]): Pod {
  const [first] = values;
  const length = first.readUInt32LE(0);
  const bodies = values.map(value => value.subarray(HEADER, HEADER + length));
  return pod(TYPES.choice, Buffer.concat([words(kind, 0), first.subarray(0, HEADER), ...bodies]));
}

export const range = (preferred: Pod, least: Pod, most: Pod): Pod => choice(CHOICES.range, [preferred, least, most]);
export const enumeration = (first: Pod, ...others: readonly Pod[]): Pod =>
  choice(CHOICES.enumeration, [first, first, ...others]);
export const flags = (value: Pod): Pod => choice(CHOICES.flags, [value]);

/** @param properties keys and values */
export function object(
  type: number,
  objectId: number,
  properties: readonly (readonly [key: number, value: Pod])[],
): Pod {
  const parts = properties.map(([key, value]) => Buffer.concat([words(key, 0), value]));
  return pod(TYPES.object, Buffer.concat([words(type, objectId), ...parts]));
}

/** A property's value; of a choice its preferred one. Rectangles and fractions are pairs. */
export type PodValue = number | bigint | readonly [number, number];

/**
 * The simple properties of an object, by key; others are left out. What is cut off or of another kind gives what was
 * readable before it.
 *
 * @param bytes one whole pod
 */
export function propertiesOf(bytes: Buffer): ReadonlyMap<number, PodValue> {
  const found = new Map<number, PodValue>();
  if (bytes.length < HEADER + OBJECT_HEADER || bytes.readUInt32LE(4) !== TYPES.object) return found;
  const end = Math.min(bytes.length, HEADER + bytes.readUInt32LE(0));
  for (let at = HEADER + OBJECT_HEADER; at + PROPERTY_HEADER + HEADER <= end; ) {
    const key = bytes.readUInt32LE(at);
    const value = bytes.subarray(at + PROPERTY_HEADER, end);
    const read = readValue(value);
    if (read !== null) found.set(key, read);
    at += PROPERTY_HEADER + HEADER + padded(value.readUInt32LE(0));
  }
  return found;
}

function readValue(value: Buffer): PodValue | null {
  const [length, type] = [value.readUInt32LE(0), value.readUInt32LE(4)];
  const body = value.subarray(HEADER, HEADER + length);
  if (type !== TYPES.choice) return simple(type, body);
  if (body.length < CHOICE_HEADER) return null;
  return simple(body.readUInt32LE(12), body.subarray(CHOICE_HEADER));
}

function simple(type: number, body: Buffer): PodValue | null {
  const pair = type === TYPES.rectangle || type === TYPES.fraction;
  if (body.length < (pair || type === TYPES.long ? 8 : 4)) return null;
  if (pair) return [body.readUInt32LE(0), body.readUInt32LE(4)];
  if (type === TYPES.long) return body.readBigInt64LE(0);
  if (type === TYPES.int) return body.readInt32LE(0);
  return type === TYPES.id ? body.readUInt32LE(0) : null;
}
