import { readU48, viewOf, writeU16, writeU32, writeU48 } from '../../core/bytes.js';
import type { Crc32 } from '../../core/crc32.js';
import { plainText } from '../../core/plain-text.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { fromUtf8, utf8 } from '../../core/text.js';
import { LOG, LOG_KIND, LOG_LIMITS } from './constants.js';

/** The description at the beginning of a segment. */
export interface LogMeta extends Size {
  /** The number of the segment, from 1. */
  readonly k: number;
  /** Its first picture is that of this update. */
  readonly n: number;
  /** When it began: Unix milliseconds. */
  readonly at: number;
  /** The name of the desktop. */
  readonly name: string;
  /** The number of cells that follow: the whole picture, and the pointer. */
  readonly cells: number;
}

/** A rectangle as rfb sends it (RFC 6143, 7.6.1), in the pixel format BGRX. */
export interface LogRectangle extends Rectangle {
  readonly encoding: number;
  /** The bytes after its header. */
  readonly data: Uint8Array;
}

export type LogMessage =
  | { readonly type: 'meta'; readonly meta: LogMeta }
  | {
      readonly type: 'cell';
      readonly cell: number;
      readonly n: number;
      readonly rectangles: readonly LogRectangle[];
    }
  /** Makes picture n of picture n-1. */
  | {
      readonly type: 'update';
      readonly n: number;
      /** Unix milliseconds. */
      readonly at: number;
      readonly rectangles: readonly LogRectangle[];
    }
  /** Nothing has changed up to this time. */
  | { readonly type: 'beat'; readonly n: number; readonly at: number }
  | { readonly type: 'index'; readonly index: LogIndex }
  /** Of a later version; skip it. */
  | { readonly type: 'unknown' };

/** Where a segment begins. */
export interface LogEntry {
  readonly offset: number;
  readonly at: number;
  readonly n: number;
}

export interface LogIndex {
  /** When the recording ended, and its last update. */
  readonly endAt: number;
  readonly n: number;
  readonly entries: readonly LogEntry[];
}

/** The log is damaged; the message is the end of a sentence. */
export class LogFault extends Error {
  override readonly name = 'LogFault';
}

/** The head of a message. */
export interface LogHead {
  /** From its length to its check value. */
  readonly bytes: number;
  readonly kind: number;
  readonly epoch: Uint8Array;
  readonly counter: number;
}

export const HEAD_BYTES = LOG.lengthBytes + LOG.headBytes;
const LEAST = LOG.headBytes + LOG.checkBytes;

/**
 * Reads the length and the head of a message.
 * @param bytes at least HEAD_BYTES
 * @throws LogFault
 */
export function readHead(bytes: Uint8Array): LogHead {
  const view = viewOf(bytes);
  const length = view.getUint32(0);
  if (length < LEAST || length > LOG_LIMITS.message) throw new LogFault(`a message has ${length} bytes`);
  const format = bytes[LOG.lengthBytes]!;
  if (format !== LOG.format) throw new LogFault(`a message has format ${format}`);
  const epoch = LOG.lengthBytes + 2;
  return {
    bytes: LOG.lengthBytes + length,
    kind: bytes[LOG.lengthBytes + 1]!,
    epoch: bytes.slice(epoch, epoch + LOG.epochBytes),
    counter: readU48(view, epoch + LOG.epochBytes),
  };
}

/**
 * Reads a whole message.
 * @param bytes from the message's length to its check value; the result holds views of them
 * @throws LogFault
 */
export function readMessage(bytes: Uint8Array, crc32: Crc32): LogMessage {
  const { kind } = readHead(bytes);
  const end = bytes.length - LOG.checkBytes;
  if (crc32(bytes.subarray(0, end)) !== viewOf(bytes).getUint32(end)) throw new LogFault('a check value is wrong');
  return readBody(kind, bytes.subarray(HEAD_BYTES, end));
}

/**
 * Reads the body of a message; the result holds views of it.
 * @throws LogFault
 */
export function readBody(kind: number, body: Uint8Array): LogMessage {
  switch (kind) {
    case LOG_KIND.meta:
      return { type: 'meta', meta: readMeta(readJson(body)) };
    case LOG_KIND.cell: {
      if (body.length < LOG.cellBytes) throw new LogFault('a cell is too short');
      const view = viewOf(body);
      const rectangles = readRectangles(body.subarray(LOG.cellBytes));
      return { type: 'cell', cell: view.getUint16(0), n: view.getUint32(2), rectangles };
    }
    case LOG_KIND.update:
      return { type: 'update', ...readStamp(body), rectangles: readRectangles(body.subarray(LOG.stampBytes)) };
    case LOG_KIND.beat:
      return { type: 'beat', ...readStamp(body) };
    case LOG_KIND.index:
      return { type: 'index', index: readIndex(body) };
    default:
      return { type: 'unknown' };
  }
}

/** @throws LogFault */
function readStamp(body: Uint8Array): { readonly n: number; readonly at: number } {
  if (body.length < LOG.stampBytes) throw new LogFault('an update is too short');
  const view = viewOf(body);
  return { n: view.getUint32(0), at: readU48(view, 4) };
}

function readRectangles(bytes: Uint8Array): LogRectangle[] {
  const view = viewOf(bytes);
  const rectangles: LogRectangle[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + LOG.rectangleBytes + RECTANGLE_HEADER > bytes.length) throw new LogFault('a rectangle is cut off');
    const length = view.getUint32(at);
    at += LOG.rectangleBytes;
    if (length < RECTANGLE_HEADER || at + length > bytes.length) throw new LogFault('a rectangle is cut off');
    if (rectangles.length >= LOG_LIMITS.rectangles) throw new LogFault('an update has too many rectangles');
    rectangles.push({
      x: view.getUint16(at),
      y: view.getUint16(at + 2),
      width: view.getUint16(at + 4),
      height: view.getUint16(at + 6),
      encoding: view.getInt32(at + 8),
      data: bytes.subarray(at + RECTANGLE_HEADER, at + length),
    });
    at += length;
  }
  return rectangles;
}

const RECTANGLE_HEADER = 12;

/** What a description says, whatever that is. @throws LogFault */
export function readJson(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.length > LOG_LIMITS.meta) throw new LogFault('a description is too long');
  try {
    return JSON.parse(utf8(body)) ?? {};
  } catch {
    throw new LogFault('a description cannot be read');
  }
}

/**
 * @param mostSegments the highest number of a segment
 * @throws LogFault
 */
export function readMeta(said: Readonly<Record<string, unknown>>, mostSegments: number = LOG_LIMITS.segments): LogMeta {
  const { v, k, n, at, width, height, name, cells } = said;
  if (v !== LOG.version) throw new LogFault(`it has version ${String(v).slice(0, 20)}`);
  const meta = {
    k: whole(k, mostSegments),
    n: whole(n, 0xffff_ffff),
    at: whole(at, MOST_TIME),
    width: whole(width, LOG_LIMITS.side),
    height: whole(height, LOG_LIMITS.side),
    name: typeof name === 'string' ? plainText(name, LOG_LIMITS.name) : '',
    cells: whole(cells, LOG.pointerCell + 1),
  };
  const pixels = meta.width * meta.height;
  if (pixels === 0 || pixels > LOG_LIMITS.pixels) {
    throw new LogFault(`it has a picture of ${meta.width}x${meta.height}`);
  }
  return meta;
}

const MOST_TIME = 2 ** 48 - 1;

/** @throws LogFault */
export function whole(value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
    throw new LogFault('a description has an impossible number');
  }
  return value;
}

function readIndex(body: Uint8Array): LogIndex {
  if (body.length < INDEX_HEAD) throw new LogFault('the index is too short');
  const view = viewOf(body);
  const count = view.getUint32(10);
  if (count > LOG_LIMITS.segments || body.length !== INDEX_HEAD + count * LOG.entryBytes) {
    throw new LogFault('the index has an impossible length');
  }
  const entries: LogEntry[] = [];
  for (let at = INDEX_HEAD; at < body.length; at += LOG.entryBytes) {
    entries.push({ offset: readU48(view, at), at: readU48(view, at + 6), n: view.getUint32(at + 12) });
  }
  return { endAt: readU48(view, 0), n: view.getUint32(6), entries };
}

/** Time of the end, last update, count of entries. */
const INDEX_HEAD = 14;

/** The bodies of messages. */
export const bodyOf = {
  meta({ k, n, at, width, height, name, cells }: LogMeta): Uint8Array[] {
    return [fromUtf8(JSON.stringify({ v: LOG.version, k, n, at, width, height, name, cells }))];
  },
  /** @param rectangles as rfb sends them */
  cell(cell: number, n: number, rectangles: readonly Uint8Array[]): Uint8Array[] {
    const head = new Uint8Array(LOG.cellBytes);
    writeU16(head, 0, cell);
    writeU32(head, 2, n);
    return withLengths(head, rectangles);
  },
  /** @param rectangles as rfb sends them */
  update(n: number, at: number, rectangles: readonly Uint8Array[]): Uint8Array[] {
    return withLengths(stamp(n, at), rectangles);
  },
  beat(n: number, at: number): Uint8Array[] {
    return [stamp(n, at)];
  },
  index({ endAt, n, entries }: LogIndex): Uint8Array[] {
    const bytes = new Uint8Array(INDEX_HEAD + entries.length * LOG.entryBytes);
    writeU48(bytes, 0, endAt);
    writeU32(bytes, 6, n);
    writeU32(bytes, 10, entries.length);
    for (const [index, entry] of entries.entries()) {
      const place = INDEX_HEAD + index * LOG.entryBytes;
      writeU48(bytes, place, entry.offset);
      writeU48(bytes, place + 6, entry.at);
      writeU32(bytes, place + 12, entry.n);
    }
    return [bytes];
  },
};

function stamp(n: number, at: number): Uint8Array {
  const bytes = new Uint8Array(LOG.stampBytes);
  writeU32(bytes, 0, n);
  writeU48(bytes, 4, at);
  return bytes;
}

function withLengths(head: Uint8Array, rectangles: readonly Uint8Array[]): Uint8Array[] {
  const parts = [head];
  for (const rectangle of rectangles) {
    const length = new Uint8Array(LOG.rectangleBytes);
    writeU32(length, 0, rectangle.length);
    parts.push(length, rectangle);
  }
  return parts;
}

/** A whole message, from its length to its check value, in memory of its own. */
export function messageOf(
  kind: number,
  epoch: Uint8Array,
  counter: number,
  body: readonly Uint8Array[],
  crc32: Crc32,
): Uint8Array {
  const length = LEAST + body.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(LOG.lengthBytes + length);
  writeU32(bytes, 0, length);
  bytes[LOG.lengthBytes] = LOG.format;
  bytes[LOG.lengthBytes + 1] = kind;
  bytes.set(epoch, LOG.lengthBytes + 2);
  writeU48(bytes, LOG.lengthBytes + 2 + LOG.epochBytes, counter);
  let at = HEAD_BYTES;
  for (const part of body) {
    bytes.set(part, at);
    at += part.length;
  }
  writeU32(bytes, at, crc32(bytes.subarray(0, at)));
  return bytes;
}

/** The end of a file: the offset of its index, and a mark. */
export function trailerOf(indexOffset: number): Uint8Array {
  const bytes = new Uint8Array(LOG.trailerBytes);
  writeU48(bytes, 0, indexOffset);
  bytes.set(LOG.endMark, LOG.trailerBytes - LOG.endMark.length);
  return bytes;
}

/** The offset of the index; null: these bytes are no trailer. */
export function readTrailer(bytes: Uint8Array): number | null {
  if (bytes.length !== LOG.trailerBytes) return null;
  const mark = bytes.subarray(LOG.trailerBytes - LOG.endMark.length);
  return mark.every((byte, index) => byte === LOG.endMark[index]) ? readU48(viewOf(bytes), 0) : null;
}
