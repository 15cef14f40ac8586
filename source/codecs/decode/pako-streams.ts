import type { InflateStream, StreamInflater } from './inflate.js';
import { damaged, tooLong } from './inflate-fault.js';

/**
 * The parts of the pako package (version 3 or newer) that are used here. The caller passes it in, so this module
 * depends on no package.
 */
export interface Pako {
  readonly ZStream: new () => PakoState;
  zlibInflateInit2(state: PakoState, windowBits: number): number;
  zlibInflate(state: PakoState, flush: number): number;
  zlibInflateReset(state: PakoState): number;
}

export interface PakoState {
  input: Uint8Array;
  next_in: number;
  avail_in: number;
  output: Uint8Array;
  next_out: number;
  avail_out: number;
  msg: string;
}

const WINDOW_BITS = 15;
const Z_SYNC_FLUSH = 2;
const Z_OK = 0;
const Z_STREAM_END = 1;
const Z_NEED_DICT = 2;
const Z_BUF_ERROR = -5;

const CHUNK = 256 * 1024;

/** Inflate streams in plain JavaScript, for every platform: slower than a native library, with the same output. */
export function pakoStreams(pako: Pako): StreamInflater {
  return { createStream: () => new PakoStream(pako) };
}

class PakoStream implements InflateStream {
  readonly #pako: Pako;
  readonly #state: PakoState;
  #out = new Uint8Array(CHUNK);

  constructor(pako: Pako) {
    this.#pako = pako;
    this.#state = new pako.ZStream();
    pako.zlibInflateInit2(this.#state, WINDOW_BITS);
  }

  inflate(compressed: Uint8Array, max: number): Uint8Array {
    const state = this.#state;
    state.input = compressed;
    state.next_in = 0;
    state.avail_in = compressed.length;
    let length = 0;
    for (;;) {
      state.output = this.#out;
      state.next_out = length;
      state.avail_out = Math.min(this.#out.length, max + 1) - length;
      const status = this.#pako.zlibInflate(state, Z_SYNC_FLUSH);
      if (status < Z_OK && status !== Z_BUF_ERROR) throw damaged(state.msg || `status ${status}`);
      if (status === Z_NEED_DICT) throw damaged('a dictionary is required');
      length = state.next_out;
      if (length > max) throw tooLong(max);
      if (status === Z_STREAM_END || state.avail_out > 0) return this.#out.subarray(0, length);
      this.#grow(Math.min(this.#out.length * 2, max + 1));
    }
  }

  reset(): void {
    this.#pako.zlibInflateReset(this.#state);
  }

  #grow(size: number): void {
    if (size <= this.#out.length) return;
    const larger = new Uint8Array(size);
    larger.set(this.#out);
    this.#out = larger;
  }
}
