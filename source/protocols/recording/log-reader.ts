import { type Crc32, plainCrc32 } from '../../core/crc32.js';
import { LOG, LOG_KIND } from './constants.js';
import {
  HEAD_BYTES,
  type LogEntry,
  LogFault,
  type LogHead,
  type LogMessage,
  readHead,
  readMessage,
  readTrailer,
} from './messages.js';

/** A file, or another source of a log. */
export interface LogBytes {
  readonly size: number;
  /** Fewer at the end. The result is the caller's. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface LogSegment extends LogEntry {
  /** Its length in bytes. */
  readonly end: number;
}

/** Also of a file that ends within the first bytes, even an empty one: the recorder was stopped that early. */
const NO_PICTURE = 'it ends before its first picture';

/** Read at once. */
const BLOCK = 256 * 1024;

/** Reads parts of a file, a block at a time. */
class Blocks {
  readonly #bytes: LogBytes;
  #block: Uint8Array = new Uint8Array(0);
  #offset = 0;

  constructor(bytes: LogBytes) {
    this.#bytes = bytes;
  }

  /** @throws LogFault beyond the end */
  async at(offset: number, length: number): Promise<Uint8Array> {
    const from = offset - this.#offset;
    if (from >= 0 && from + length <= this.#block.length) return this.#block.subarray(from, from + length);
    this.#block = await this.#bytes.read(offset, Math.max(length, BLOCK));
    this.#offset = offset;
    if (this.#block.length < length) throw new LogFault('its end is missing');
    return this.#block.subarray(0, length);
  }
}

/** A log, readable from any place. Damage is a LogFault; a log that was cut off ends at its last whole message. */
export class LogReader {
  readonly #bytes: LogBytes;
  readonly #crc32: Crc32;
  /** Never empty. */
  readonly segments: readonly LogSegment[];
  /** When it ends: Unix milliseconds. */
  readonly endAt: number;
  /** The number of the last update. */
  readonly n: number;
  /** Whether it has an index; if not, it was cut off or is still being written. */
  readonly complete: boolean;

  private constructor(bytes: LogBytes, crc32: Crc32, found: Found, complete: boolean) {
    this.#bytes = bytes;
    this.#crc32 = crc32;
    this.segments = found.segments;
    this.endAt = found.endAt;
    this.n = found.n;
    this.complete = complete;
  }

  /** @throws LogFault if there is nothing to play */
  static async open(bytes: LogBytes, crc32: Crc32 = plainCrc32): Promise<LogReader> {
    const magic = await bytes.read(0, LOG.magic.length);
    if (!magic.every((byte, index) => byte === LOG.magic[index])) throw new LogFault('it is not a recording');
    if (magic.length < LOG.magic.length) throw new LogFault(NO_PICTURE);
    const indexed = await fromIndex(bytes, crc32);
    if (indexed) return new LogReader(bytes, crc32, indexed, true);
    const found = await scan(bytes, crc32);
    if (found.segments.length === 0) throw new LogFault(NO_PICTURE);
    return new LogReader(bytes, crc32, found, false);
  }

  /** When it begins: Unix milliseconds. */
  get startAt(): number {
    return this.segments[0]!.at;
  }

  /** The number of the segment that holds a time; the first or the last one for a time outside. */
  segmentAt(at: number): number {
    return this.#last(entry => entry.at <= at);
  }

  /** The number of the last segment that begins with this update or before it. */
  segmentOf(n: number): number {
    return this.#last(entry => entry.n <= n);
  }

  /** The messages of a segment in order, the description first. @throws LogFault */
  messages(segment: number): AsyncGenerator<LogMessage, void> {
    const endAt = this.segments[segment + 1]?.at ?? this.endAt;
    return messagesOf(this.#bytes, this.#crc32, { ...this.segments[segment]!, endAt });
  }

  /** The last segment that meets a condition which all segments before it meet too. */
  #last(holds: (entry: LogEntry) => boolean): number {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (holds(this.segments[middle]!)) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

interface Found {
  readonly segments: readonly LogSegment[];
  readonly endAt: number;
  readonly n: number;
}

/** Null: the file does not end with a valid index. */
async function fromIndex(bytes: LogBytes, crc32: Crc32): Promise<Found | null> {
  const trailerAt = bytes.size - LOG.trailerBytes;
  if (trailerAt < LOG.magic.length + HEAD_BYTES) return null;
  const offset = readTrailer(await bytes.read(trailerAt, LOG.trailerBytes));
  if (offset === null || offset < LOG.magic.length || offset + HEAD_BYTES > trailerAt) return null;
  try {
    const head = readHead(await bytes.read(offset, HEAD_BYTES));
    if (head.kind !== LOG_KIND.index || offset + head.bytes !== trailerAt) return null;
    const message = readMessage(await bytes.read(offset, head.bytes), crc32);
    if (message.type !== 'index') return null;
    const { entries, endAt, n } = message.index;
    return isOrdered(entries, offset, endAt, n) ? { segments: withEnds(entries, offset), endAt, n } : null;
  } catch (thrown) {
    if (thrown instanceof LogFault) return null;
    throw thrown;
  }
}

function isOrdered(entries: readonly LogEntry[], end: number, endAt: number, n: number): boolean {
  const last = entries.at(-1);
  if (!last || entries[0]!.offset !== LOG.magic.length) return false;
  if (last.offset + HEAD_BYTES > end || last.at > endAt || last.n > n) return false;
  return entries.every((entry, index) => {
    const before = entries[index - 1];
    return !before || (before.offset + HEAD_BYTES <= entry.offset && before.at <= entry.at && before.n <= entry.n);
  });
}

function withEnds(entries: readonly LogEntry[], end: number): LogSegment[] {
  return entries.map((entry, index) => ({ ...entry, end: entries[index + 1]?.offset ?? end }));
}

/** Finds the segments of a file without an index, up to where it is damaged or cut off. */
async function scan(bytes: LogBytes, crc32: Crc32): Promise<Found> {
  const blocks = new Blocks(bytes);
  const entries: LogEntry[] = [];
  let before: LogHead | null = null;
  let offset: number = LOG.magic.length;
  try {
    while (offset + HEAD_BYTES <= bytes.size) {
      const head = follows(readHead(await blocks.at(offset, HEAD_BYTES)), before);
      if (offset + head.bytes > bytes.size || head.kind === LOG_KIND.index) break;
      if (head.kind === LOG_KIND.meta) {
        const message = readMessage(await blocks.at(offset, head.bytes), crc32);
        if (message.type === 'meta') entries.push({ offset, at: message.meta.at, n: message.meta.n });
      } else if (entries.length === 0) throw new LogFault('it does not begin with a description');
      before = head;
      offset += head.bytes;
    }
  } catch (thrown) {
    if (!(thrown instanceof LogFault)) throw thrown;
  }
  const segments = withEnds(entries, offset);
  while (segments.length > 0) {
    const last = segments.at(-1)!;
    const seen = await wholePart(bytes, crc32, last);
    if (seen) return { segments: [...segments.slice(0, -1), { ...last, end: seen.end }], endAt: seen.at, n: seen.n };
    segments.pop();
  }
  return { segments, endAt: 0, n: 0 };
}

/** The end of a segment's whole part; null: not even its picture is whole. */
async function wholePart(bytes: LogBytes, crc32: Crc32, segment: LogSegment) {
  let { at, n } = segment;
  let cells = Number.POSITIVE_INFINITY;
  let end = segment.offset;
  try {
    for await (const message of messagesOf(bytes, crc32, segment, offset => {
      end = offset;
    })) {
      if (message.type === 'meta') cells = message.meta.cells;
      else if (message.type === 'cell') cells--;
      else if (message.type === 'update' || message.type === 'beat') {
        at = Math.max(at, message.at);
        n = message.n;
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof LogFault)) throw thrown;
  }
  return cells <= 0 ? { at, n, end } : null;
}

/** @param passed called with the offset after each whole message */
async function* messagesOf(
  bytes: LogBytes,
  crc32: Crc32,
  segment: LogSegment & { readonly endAt?: number },
  passed: (offset: number) => void = () => {},
): AsyncGenerator<LogMessage, void> {
  const blocks = new Blocks(bytes);
  const { endAt = Number.POSITIVE_INFINITY } = segment;
  let before: LogHead | null = null;
  let at = segment.at;
  for (let offset = segment.offset; offset < segment.end; ) {
    if (offset + HEAD_BYTES > segment.end) throw new LogFault('a message is cut off');
    const head = follows(readHead(await blocks.at(offset, HEAD_BYTES)), before);
    if (offset + head.bytes > segment.end) throw new LogFault('a message is cut off');
    const message = readMessage(await blocks.at(offset, head.bytes), crc32);
    if ((message.type === 'meta') !== (before === null)) throw new LogFault('a segment does not begin where it should');
    if (message.type === 'meta' && (message.meta.n !== segment.n || message.meta.at !== segment.at)) {
      throw new LogFault('a segment is not the one that the index names');
    }
    if (message.type === 'update' || message.type === 'beat') {
      if (message.at < at || message.at > endAt) throw new LogFault('an update has a time that is not its own');
      at = message.at;
    }
    before = head;
    offset += head.bytes;
    passed(offset);
    yield message;
  }
}

/** @throws LogFault if a message does not follow the one before it */
function follows(head: LogHead, before: LogHead | null): LogHead {
  const same = before === null || before.epoch.every((byte, index) => byte === head.epoch[index]);
  if (!same || (before !== null && head.counter !== before.counter + 1)) {
    throw new LogFault('a message does not follow the one before it');
  }
  return head;
}
