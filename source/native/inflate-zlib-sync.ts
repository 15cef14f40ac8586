import type { WholeInflater } from '../codecs/decode/inflate.js';
import { damaged, InflateFault, tooLong, tooShort, truncated } from '../codecs/decode/inflate-fault.js';
import { loadNative, type NativeInflate, type ZlibSync } from './load-native.js';

const Z_SYNC_FLUSH = 2;
const Z_STREAM_END = 1;
const Z_NEED_DICT = 2;
const Z_BUF_ERROR = -5;

const ZLIB_WINDOW_BITS = 15;
const RAW_WINDOW_BITS = -15;
/** The native output buffer's initial size and increment. */
const CHUNK = 256 * 1024;
/** Deflate expands at most 1032-fold: with input pieces of this size, a bomb is detected within 17 MB. */
const PIECE = 16 * 1024;

const HEADER = 2;
const CHECKSUM = 4;
/** The empty block at the end of a sync flush (RFC 1951, 3.2.4): the next block begins on a whole byte. */
const FLUSHED = [0x00, 0x00, 0xff, 0xff];
/** An empty final block, as written by a sharer that joins blocks itself. */
const EMPTY_FINAL = [0x03, 0x00];

/**
 * zlib-sync never frees a stream's state (its class has no destructor that calls inflateEnd): each abandoned stream
 * leaks about this much.
 */
const LOST_BYTES = 40 * 1024;
/** After this much leaked memory another inflater takes over. */
const LOST_LIMIT = 64 * 1024 * 1024;

interface Budget {
  lost: number;
}

/**
 * The default inflater, from the package.
 * @throws Error where it is not installed, or may not be loaded
 */
export function loadZlibSyncInflater(standIn: WholeInflater, checksum: (bytes: Uint8Array) => number): WholeInflater {
  return createZlibSyncInflater(loadNative('zlib-sync'), standIn, checksum);
}

/**
 * The default inflater of whole data. Abandoned streams leak, so a single raw stream is reused: joined frames can
 * continue in it, since only their first two bytes and their end differ. Others cost a fresh stream each, within a
 * budget.
 *
 * @param standIn the inflater after the budget is spent
 * @param checksum Adler-32 of bytes
 */
export function createZlibSyncInflater(
  zlibSync: ZlibSync,
  standIn: WholeInflater,
  checksum: (bytes: Uint8Array) => number,
  budgetBytes = LOST_LIMIT,
): WholeInflater {
  const budget: Budget = { lost: LOST_LIMIT - budgetBytes };
  let joined: NativeInflate | null = null;

  function fresh(windowBits: number): NativeInflate | null {
    if (budget.lost >= LOST_LIMIT) return null;
    budget.lost += LOST_BYTES;
    return new zlibSync.Inflate({ chunkSize: CHUNK, windowBits });
  }

  /** A frame of joined blocks goes through the reused stream; false when it turns out not to be one. */
  function inflateJoined(compressed: Uint8Array, target: Uint8Array): boolean {
    joined ??= fresh(RAW_WINDOW_BITS);
    if (!joined) return false;
    try {
      const end = compressed.length - CHECKSUM;
      const length = pushInto(joined, compressed.subarray(HEADER, end - EMPTY_FINAL.length), target);
      if (length === target.length && checksum(target) === readU32(compressed, end)) return true;
    } catch (thrown) {
      if (!(thrown instanceof InflateFault)) throw thrown;
    }
    joined = null;
    return false;
  }

  return {
    name: `zlib-sync (zlib ${zlibSync.ZLIB_VERSION})`,
    inflateInto(compressed, target) {
      if (isJoined(compressed) && inflateJoined(compressed, target)) return;
      const native = fresh(ZLIB_WINDOW_BITS);
      if (!native) return standIn.inflateInto(compressed, target);
      const length = pushInto(native, compressed, target);
      if (native.err !== Z_STREAM_END) throw truncated();
      if (length < target.length) throw tooShort(length, target.length);
    },
    inflateWhole(compressed, most) {
      const native = fresh(ZLIB_WINDOW_BITS);
      if (!native) return standIn.inflateWhole(compressed, most);
      const inflated = pushAll(native, compressed, most);
      if (native.err !== Z_STREAM_END) throw truncated();
      return inflated;
    },
  };
}

function isJoined(compressed: Uint8Array): boolean {
  const end = compressed.length - CHECKSUM;
  if (end < HEADER + FLUSHED.length + EMPTY_FINAL.length || compressed[0] !== 0x78) return false;
  if ((compressed[0] * 256 + compressed[1]!) % 31 !== 0 || compressed[1]! & 0x20) return false;
  return endsWith(compressed, EMPTY_FINAL, end) && endsWith(compressed, FLUSHED, end - EMPTY_FINAL.length);
}

function endsWith(bytes: Uint8Array, tail: readonly number[], end: number): boolean {
  return end >= tail.length && tail.every((byte, index) => bytes[end - tail.length + index] === byte);
}

function readU32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
}

/** @returns bytes written to the target */
function pushInto(native: NativeInflate, compressed: Uint8Array, target: Uint8Array): number {
  let length = 0;
  push(native, compressed, part => {
    if (length + part.length > target.length) throw tooLong(target.length);
    target.set(part, length);
    length += part.length;
  });
  return length;
}

function pushAll(native: NativeInflate, compressed: Uint8Array, most: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  push(native, compressed, part => {
    length += part.length;
    if (length > most) throw tooLong(most);
    parts.push(part);
  });
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function push(native: NativeInflate, compressed: Uint8Array, take: (part: Uint8Array) => void): void {
  for (let at = 0; at < compressed.length; at += PIECE) {
    let piece = compressed.subarray(at, at + PIECE);
    for (;;) {
      native.push(piece, Z_SYNC_FLUSH);
      if (native.err < 0 && native.err !== Z_BUF_ERROR) throw damaged(native.msg ?? `status ${native.err}`);
      if (native.err === Z_NEED_DICT) throw damaged('a dictionary is asked for');
      const part = native.result;
      if (part && part.length > 0) take(part);
      if (native.err === Z_STREAM_END) return;
      // zlib stops when the input is used up, even with a full output buffer: more output may be pending inside.
      if (!part || part.length === 0 || part.length % CHUNK !== 0) break;
      piece = compressed.subarray(0, 0);
    }
  }
}
