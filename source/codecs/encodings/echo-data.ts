import { area, type Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { ECHO_ROW_MARGIN, ECHO_ROWS, ECHO_STATE, ECHO_STATE_BYTES } from '../../pixels/kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { TIGHT } from '../../protocols/rfb/constants.js';
import { Scratch, undecodable } from '../decode/rectangle-decoder.js';
import type { Drawing, DrawingWriter, EncodeJob, EncodeScratch } from '../encode/encode-job.js';
import { type PixelRows, rowsOf } from '../encode/wire-pixels.js';

/** The data of an Echo rectangle (docs/echo.md). */

/** "E", where a JPEG has 0xff and Cosine has "C". */
export const ECHO_SIGN = 0x45;
/** The flag of a rectangle that goes on where the last one ended. */
const GOES_ON = 1;
const HEAD_BYTES = 2;
/** The range coder begins with so many bytes. */
const LEAST_BYTES = HEAD_BYTES + 5;

/** The largest rectangle: some 80 ms at either end. A sharer sends cells of at most 256x256. */
const MAX_PIXELS = 2048 * 2048;
/** Colours of a state. */
const MAX_COLOURS = 4096;
/**
 * A rectangle of more colours than a palette has is a drawing if it has at most so many new ones, and four pixels of
 * each. Each costs 3 bytes once, and takes room from what comes later.
 */
const MAX_NEW_COLOURS = 1024;
/** Bytes for a pixel: 24 bits of a new colour, and what the model was mistaken in. */
const MAX_BYTES_PER_PIXEL = 4;
const LEAST_ROOM = 4096;
/** What fits into a Tight rectangle. */
const MAX_BYTES = TIGHT.maxLength - HEAD_BYTES;
/** The kernel may read so many bytes beyond the end of a rectangle. */
const OVERREAD = 128;

/** Whether the data in the place of a JPEG are Echo. */
export function isEcho(data: Uint8Array): boolean {
  return data[0] === ECHO_SIGN;
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

  encode({ framebuffer, rectangle }: EncodeJob, scratch: EncodeScratch, colours: number, bits: number): Drawing | null {
    if (this.#freed || area(rectangle) > MAX_PIXELS) return null;
    if (this.#state === 0) this.#state = this.#memory.allocate(ECHO_STATE_BYTES);
    const rows = rowsOf(framebuffer, rectangle);
    if (!this.#hasRoom(rows, colours, scratch.wide)) return null;
    const { kernels } = this.#memory;
    const { pointer, stride, width } = rows;
    const { wide, packed } = scratch;
    const room = Math.min(Math.max(area(rectangle) * MAX_BYTES_PER_PIXEL, LEAST_ROOM), MAX_BYTES);
    const source = [pointer, stride, width, rows.height] as const;
    const fresh = this.#fresh ? 1 : 0;
    const height = kernels.encodeEcho(...source, this.#state, fresh, wide, packed, room, bits);
    this.#fresh = height === 0;
    if (height === 0) return null;
    const head = Uint8Array.of(ECHO_SIGN, fresh ? 0 : GOES_ON);
    return { height, data: [head, this.#memory.bytes(packed, this.#read(ECHO_STATE.written))] };
  }

  /** Writes nothing from then on. */
  free(): void {
    if (this.#state !== 0) this.#memory.free(this.#state);
    this.#state = 0;
    this.#freed = true;
  }

  /** Whether the rectangle's colours fit into the state, which begins anew if they do only then. */
  #hasRoom({ pointer, stride, width, height }: PixelRows, colours: number, table: number): boolean {
    const left = this.#fresh ? MAX_COLOURS : MAX_COLOURS - this.#read(ECHO_STATE.colours);
    // The usual case: nothing has to be counted.
    if (colours > 0 && colours <= left) return true;
    const most = colours || Math.min(MAX_NEW_COLOURS, (width * height) >> 2);
    const added = (state: number) =>
      this.#memory.kernels.newEchoColours(pointer, stride, width, height, state, table, most);
    const more = added(this.#fresh ? 0 : this.#state);
    if (more <= left) return more <= most;
    if (more > most || added(0) > most) return false;
    this.#fresh = true;
    return true;
  }

  #read(offset: number): number {
    return new DataView(this.#memory.memory.buffer).getUint32(this.#state + offset, true);
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
    if (data.length < LEAST_BYTES) throw undecodable('Echo', 'that is cut off');
    const fresh = (data[1]! & GOES_ON) === 0;
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
