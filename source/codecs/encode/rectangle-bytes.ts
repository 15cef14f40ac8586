import { writeU16, writeU32 } from '../../core/bytes.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { BufferPool } from './buffer-pool.js';

/** Shorter ones are as well made anew: V8 has room for them at once. */
const LEAST_LENT = 16 * 1024;

/**
 * Who uses a buffer that is to be used again: whoever made it, until `end`, and whoever was told so by `share`, each until an
 * `end` of its own. One that is never ended goes to the collector. Without this a film's 30 MB a second had the collector
 * mark everything twice a second, 40 ms on other threads each time.
 */
export class Loan {
  readonly #buffer: Uint8Array;
  readonly #spare: BufferPool;
  #users = 1;

  /** @param spare where the buffer goes when nobody uses it any more */
  constructor(buffer: Uint8Array, spare: BufferPool) {
    this.#buffer = buffer;
    this.#spare = spare;
  }

  share(): void {
    this.#users++;
  }

  /** The caller neither reads the bytes any more nor has anybody who does. */
  end(): void {
    this.#users--;
    if (this.#users === 0) this.#spare.giveBack(this.#buffer);
  }
}

/** Bytes of that length, with anything in them, and the loan that they are on, if they are. */
export function lend(length: number, spare: BufferPool): { bytes: Uint8Array; loan: Loan | null } {
  if (length < LEAST_LENT) return { bytes: new Uint8Array(length), loan: null };
  const buffer = spare.take(length);
  return { bytes: buffer.subarray(0, length), loan: new Loan(buffer, spare) };
}

/** Ends one share of what each of them is on. */
export function endLoans(rectangles: Iterable<{ readonly loan: Loan | null }>): void {
  for (const { loan } of rectangles) loan?.end();
}

/** A rectangle's header: x, y, width, height (16 bits each) and the encoding's number. */
const HEADER = 12;

/** A rectangle as it goes to the wire: its header and a copy of the parts, in a buffer of exactly that size. */
export function rectangleBytes(rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(parts));
  write(bytes, rectangle, encoding, parts);
  return bytes;
}

/** As `rectangleBytes`, on loan where that pays. */
export function lentRectangleBytes(
  rectangle: Rectangle,
  encoding: number,
  parts: readonly Uint8Array[],
  spare: BufferPool,
): ReturnType<typeof lend> {
  const lent = lend(lengthOf(parts), spare);
  write(lent.bytes, rectangle, encoding, parts);
  return lent;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = HEADER;
  for (const part of parts) length += part.length;
  return length;
}

/** Writes every byte, so that nothing of memory that is used again gets out. */
function write(bytes: Uint8Array, rectangle: Rectangle, encoding: number, parts: readonly Uint8Array[]): void {
  writeU16(bytes, 0, rectangle.x);
  writeU16(bytes, 2, rectangle.y);
  writeU16(bytes, 4, rectangle.width);
  writeU16(bytes, 6, rectangle.height);
  writeU32(bytes, 8, encoding);
  let offset = HEADER;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
}
