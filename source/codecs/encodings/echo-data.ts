import { area, type Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { ECHO_ROW_MARGIN, ECHO_ROWS, ECHO_STATE_BYTES } from '../../pixels/kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { Scratch, undecodable } from '../decode/rectangle-decoder.js';
import type { DrawingWriter, EncodeJob, EncodeScratch } from '../encode/encode-job.js';
import { rowsOf } from '../encode/wire-pixels.js';

/** The data of an Echo rectangle (docs/echo.md). */

/** "E", where a JPEG has 0xff and Cosine has "C". */
export const ECHO_SIGN = 0x45;
/** The flag of a rectangle that goes on where the last one ended. */
const GOES_ON = 1;
const HEAD_BYTES = 2;

/** The largest rectangle: some 80 ms at either end. A sharer sends cells of at most 256x256. */
const MAX_PIXELS = 2048 * 2048;
/** Where pixels take more bytes than this, they are no drawing. */
const MAX_BYTES_PER_PIXEL = 3;
const LEAST_ROOM = 4096;
/** The kernel may read so many bytes beyond the end of a rectangle. */
const OVERREAD = 128;

/** Whether the data in the place of a JPEG are Echo. */
export function isEcho(data: Uint8Array): boolean {
  return data[0] === ECHO_SIGN;
}

function isFresh(data: Uint8Array): boolean {
  return ((data[1] ?? GOES_ON) & GOES_ON) === 0;
}

function rowBytes(width: number): number {
  return ECHO_ROWS * (width + 2 * ECHO_ROW_MARGIN);
}

/**
 * Writes the drawings of one connection, which build on each other: each rectangle that was encoded must be sent, in
 * that order, or be told to `lost`.
 */
export class EchoWriter implements DrawingWriter {
  readonly #memory: PixelMemory;
  #state = 0;
  #fresh = true;
  #freed = false;

  constructor(memory: PixelMemory) {
    this.#memory = memory;
  }

  /** Something that was encoded will not be sent: the next rectangle builds on nothing. */
  lost(): void {
    this.#fresh = true;
  }

  encode({ framebuffer, rectangle }: EncodeJob, scratch: EncodeScratch): readonly Uint8Array[] | null {
    if (this.#freed || area(rectangle) > MAX_PIXELS) return null;
    if (this.#state === 0) this.#state = this.#memory.allocate(ECHO_STATE_BYTES);
    const goesOn = !this.#fresh;
    // Another try: its colours may have been too many together with earlier ones.
    const length =
      this.#write(framebuffer, rectangle, scratch) || (goesOn ? this.#again(framebuffer, rectangle, scratch) : 0);
    if (length === 0) {
      this.#fresh = true;
      return null;
    }
    const flags = this.#fresh ? 0 : GOES_ON;
    this.#fresh = false;
    return [Uint8Array.of(ECHO_SIGN, flags), this.#memory.bytes(scratch.packed, length)];
  }

  /** Writes nothing from then on. */
  free(): void {
    if (this.#state !== 0) this.#memory.free(this.#state);
    this.#state = 0;
    this.#freed = true;
  }

  #again(framebuffer: Framebuffer, rectangle: Rectangle, scratch: EncodeScratch): number {
    this.#fresh = true;
    return this.#write(framebuffer, rectangle, scratch);
  }

  #write(framebuffer: Framebuffer, rectangle: Rectangle, scratch: EncodeScratch): number {
    const { pointer, stride, width, height } = rowsOf(framebuffer, rectangle);
    const { wide, packed } = scratch;
    const room = Math.max(width * height * MAX_BYTES_PER_PIXEL, LEAST_ROOM);
    const source = [pointer, stride, width, height] as const;
    return this.#memory.kernels.encodeEcho(...source, this.#state, this.#fresh ? 1 : 0, wide, packed, room);
  }
}

/** Echo (docs/echo.md): one for each connection, since rectangles build on each other. */
export class EchoDecoder {
  #memory: PixelMemory | null = null;
  #state = 0;
  /** Nothing to go on from: no rectangle was decoded yet. */
  #empty = true;
  #rows: Scratch | null = null;
  #source: Scratch | null = null;

  /** @throws PeerglassError E_RFB_DECODE */
  paint(data: Uint8Array, rectangle: Rectangle, framebuffer: Framebuffer): void {
    const fresh = isFresh(data);
    if (area(rectangle) > MAX_PIXELS) throw undecodable('Echo', `with more than ${MAX_PIXELS} pixels`);
    if (this.#empty && !fresh) throw undecodable('Echo', 'that continues from none');
    const { memory, stride } = framebuffer;
    this.#memory = memory;
    if (this.#state === 0) this.#state = memory.allocate(ECHO_STATE_BYTES);
    this.#empty = false;
    this.#rows ??= new Scratch(memory);
    this.#source ??= new Scratch(memory);
    const { width, height } = rectangle;
    const rows = this.#rows.reserve(rowBytes(width));
    const length = data.length - HEAD_BYTES;
    const from = this.#source.reserve(length + OVERREAD);
    memory.bytes(from, length).set(data.subarray(HEAD_BYTES));
    const to = framebuffer.at(rectangle.x, rectangle.y);
    const target = [to, stride, width, height] as const;
    if (!memory.kernels.decodeEcho(from, length, ...target, this.#state, fresh ? 1 : 0, rows)) {
      throw undecodable('Echo', 'that is damaged');
    }
  }

  free(): void {
    if (this.#state !== 0) this.#memory?.free(this.#state);
    this.#state = 0;
    this.#empty = true;
    this.#rows?.free();
    this.#source?.free();
  }
}
