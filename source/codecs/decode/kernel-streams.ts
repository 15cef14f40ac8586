import { INFLATE_ANSWER, INFLATE_BEGINNING, INFLATE_FAULTS, INFLATE_STATE } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { InflateStream, PreparedBlock, StreamInflater } from './inflate.js';
import { damaged, tooLong } from './inflate-fault.js';
import { Scratch } from './rectangle-decoder.js';

/** Deflate looks back this far (RFC 1951, 2). */
const WINDOW = 32 * 1024;
/** The kernel may write this far past the room it is given. */
const OVERRUN = 16;
/** The first room for output whose length is not known. */
const FIRST_ROOM = 128 * 1024;
const HEADER = 2;

/** Inflates rfb's streams in the memory of the kernels, so that decoders find the output where they need it. */
export function kernelStreams(memory: PixelMemory): StreamInflater {
  const input = new Scratch(memory);
  return { createStream: () => new KernelStream(memory, input) };
}

class KernelStream implements InflateStream {
  readonly #memory: PixelMemory;
  readonly #input: Scratch;
  /** A pointer; 0 before the first use. */
  #state = 0;
  /** A block: `#history` bytes of earlier output end at `#end`. */
  #buffer = 0;
  #size = 0;
  #end = 0;
  #history = 0;
  /** Bytes of the zlib header that are still to come. */
  #header = HEADER;
  #first = 0;
  #fault: string | null = null;
  /** Compressed bytes that a kernel on another thread will read. */
  #prepared: Scratch | null = null;

  /** @param input shared by all streams of a memory */
  constructor(memory: PixelMemory, input: Scratch) {
    this.#memory = memory;
    this.#input = input;
  }

  inflate(compressed: Uint8Array, max: number): Uint8Array {
    if (this.#fault) throw damaged(this.#fault);
    const raw = this.#withoutHeader(compressed);
    if (this.#state === 0) this.#state = this.#memory.allocate(INFLATE_STATE.bytes);
    const source = this.#input.load(raw);
    this.#makeRoom(Math.min(max, Math.max(FIRST_ROOM, raw.length)));
    const { kernels } = this.#memory;
    let read = 0;
    let length = 0;
    for (;;) {
      const room = Math.min(this.#size - this.#end - OVERRUN, max - length);
      const to = this.#buffer + this.#end;
      const answer = kernels.inflate(this.#state, source + read, raw.length - read, to, room, this.#history);
      const results = new DataView(this.#memory.memory.buffer, this.#state);
      const produced = results.getInt32(INFLATE_STATE.produced, true);
      read += results.getInt32(INFLATE_STATE.consumed, true);
      length += produced;
      this.#end += produced;
      this.#history = Math.min(this.#history + produced, WINDOW);
      if (answer < 0) throw this.#damaged(INFLATE_FAULTS[-1 - answer]!);
      if (answer !== INFLATE_ANSWER.roomUsed) break;
      if (this.#size - this.#end - OVERRUN >= max - length) throw tooLong(max);
      this.#makeRoom(Math.min(max - length, Math.max(length, FIRST_ROOM)), length);
    }
    return this.#memory.bytes(this.#buffer + this.#end - length, length);
  }

  prepare(compressed: Uint8Array, max: number): PreparedBlock {
    const raw = this.#withoutHeader(compressed);
    if (this.#state === 0) this.#state = this.#memory.allocate(INFLATE_STATE.bytes);
    this.#prepared ??= new Scratch(this.#memory);
    const from = this.#prepared.load(raw);
    this.#makeRoom(max);
    return { state: this.#state, from, length: raw.length, to: this.#buffer + this.#end };
  }

  inflated(answer: number, max: number): number {
    if (answer < 0) throw this.#damaged(INFLATE_FAULTS[-1 - answer]!);
    if (answer === INFLATE_ANSWER.roomUsed) throw tooLong(max);
    const length = new DataView(this.#memory.memory.buffer, this.#state).getInt32(INFLATE_STATE.produced, true);
    this.#end += length;
    this.#history = Math.min(length, WINDOW);
    return length;
  }

  reset(): void {
    this.#header = HEADER;
    this.#fault = null;
    this.#end = 0;
    this.#history = 0;
    if (this.#state !== 0) this.#memory.bytes(this.#state, INFLATE_BEGINNING).fill(0);
  }

  get heldBytes(): number {
    return this.#size + (this.#prepared?.bytes ?? 0);
  }

  free(): void {
    if (this.#state !== 0) this.#memory.free(this.#state);
    if (this.#size > 0) this.#memory.free(this.#buffer);
    this.#prepared?.free();
    this.#prepared = null;
    this.#state = 0;
    this.#size = 0;
    this.reset();
  }

  /**
   * Makes room for `bytes` of output, and keeps the history.
   * @param kept output of the present call, which is kept too
   */
  #makeRoom(bytes: number, kept = 0): void {
    if (this.#size - this.#end >= bytes + OVERRUN) return;
    const memory = this.#memory;
    const keep = Math.max(kept, this.#history);
    const start = this.#buffer + this.#end - keep;
    if (this.#size < keep + bytes + OVERRUN) {
      // Twice the room where there is a history, so that it is moved at every other call only.
      const size = keep + bytes + OVERRUN + (keep > 0 ? bytes : 0);
      const buffer = memory.allocate(size);
      memory.bytes(buffer, keep).set(memory.bytes(start, keep));
      if (this.#size > 0) memory.free(this.#buffer);
      this.#buffer = buffer;
      this.#size = size;
    } else {
      memory.bytes(this.#buffer, this.#size).copyWithin(0, start - this.#buffer, start - this.#buffer + keep);
    }
    this.#end = keep;
  }

  #withoutHeader(compressed: Uint8Array): Uint8Array {
    let at = 0;
    for (; this.#header > 0 && at < compressed.length; this.#header--, at++) {
      if (this.#header === HEADER) this.#first = compressed[at]!;
      else this.#checkHeader(this.#first, compressed[at]!);
    }
    return at === 0 ? compressed : compressed.subarray(at);
  }

  /** RFC 1950, section 2.2: method 8, a window of at most 32 KiB, no dictionary, a multiple of 31. */
  #checkHeader(first: number, second: number): void {
    if ((first & 0x0f) !== 8 || first >> 4 > 7) throw this.#damaged('unknown compression method');
    if ((first * 256 + second) % 31 !== 0) throw this.#damaged('incorrect header check');
    if (second & 0x20) throw this.#damaged('a dictionary is required');
  }

  #damaged(reason: string) {
    this.#fault = reason;
    return damaged(reason);
  }
}
