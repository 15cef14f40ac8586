import type { ByteReader } from '../../core/byte-reader.js';
import type { PeerglassError } from '../../core/errors.js';
import type { Rectangle } from '../../core/rectangle.js';
import { TILE_ANSWER, TILE_STATE, TILE_STATE_BYTES } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { type Decoded, type DecodeTarget, type RectangleDecoder, undecodable } from './rectangle-decoder.js';

/** The state of the tile kernels between calls, in their memory. */
export class TileState {
  readonly pointer: number;
  readonly #memory: PixelMemory;

  constructor(memory: PixelMemory) {
    this.#memory = memory;
    this.pointer = memory.allocate(TILE_STATE_BYTES);
  }

  /** To be called before the first kernel call for a rectangle. */
  clear(): void {
    this.#memory.bytes(this.pointer, TILE_STATE_BYTES).fill(0);
  }

  /** Bytes consumed by the last call. */
  get consumed(): number {
    return new DataView(this.#memory.memory.buffer).getUint32(this.pointer + TILE_STATE.consumed, true);
  }

  free(): void {
    this.#memory.free(this.pointer);
  }
}

/** The error for a faulty ZRLE or TRLE tile. */
export function tileFault(encoding: string, answer: number): PeerglassError {
  if (answer === TILE_ANSWER.badIndex) return undecodable(encoding, 'with a colour index outside its palette');
  if (answer === TILE_ANSWER.badRun) return undecodable(encoding, 'with a run that exceeds its tile');
  return undecodable(encoding, 'with an unknown subencoding');
}

/** The maximum number of bytes copied per kernel call: bytes beyond the end of the rectangle are copied for nothing. */
const MAX_AT_ONCE = 16 * 1024;

/**
 * Calls the kernel of an encoding.
 * @param source a pointer to `length` bytes
 * @param state a pointer from TileState
 * @returns TILE_ANSWER's `done` or `more`, or a fault
 */
type TileKernel = (target: DecodeTarget, rectangle: Rectangle, source: number, length: number, state: number) => number;

/** Decodes uncompressed tiles as they arrive. */
export class PlainTileDecoder implements RectangleDecoder {
  readonly #state: TileState;
  readonly #kernel: TileKernel;
  readonly #fault: (answer: number) => PeerglassError;
  #begun = false;

  /** @param fault the error for a kernel's result */
  constructor(memory: PixelMemory, kernel: TileKernel, fault: (answer: number) => PeerglassError) {
    this.#state = new TileState(memory);
    this.#kernel = kernel;
    this.#fault = fault;
  }

  decode(reader: ByteReader, rectangle: Rectangle, target: DecodeTarget): Decoded {
    if (!this.#begun) this.#state.clear();
    this.#begun = true;
    const bytes = reader.peekBytes(Math.min(reader.available, MAX_AT_ONCE));
    const answer = this.#kernel(target, rectangle, target.scratch.load(bytes), bytes.length, this.#state.pointer);
    const { consumed } = this.#state;
    reader.skip(consumed);
    if (answer === TILE_ANSWER.done) {
      this.#begun = false;
      return 'done';
    }
    if (answer !== TILE_ANSWER.more) throw this.#fault(answer);
    return consumed === 0 || reader.available === 0 ? 'more' : 'yield';
  }

  free(): void {
    this.#state.free();
  }
}
