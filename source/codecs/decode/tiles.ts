import type { PeerglassError } from '../../core/errors.js';
import { TILE_ANSWER, TILE_STATE, TILE_STATE_BYTES } from '../../pixels/decode-kernels.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import { undecodable } from './rectangle-decoder.js';

/** What the tile kernels keep from call to call, in their memory. */
export class TileState {
  readonly pointer: number;
  readonly #memory: PixelMemory;

  constructor(memory: PixelMemory) {
    this.#memory = memory;
    this.pointer = memory.allocate(TILE_STATE_BYTES);
  }

  /** Before the first call for a rectangle. */
  clear(): void {
    this.#memory.bytes(this.pointer, TILE_STATE_BYTES).fill(0);
  }

  /** Bytes that the last call used up. */
  get consumed(): number {
    return new DataView(this.#memory.memory.buffer).getUint32(this.pointer + TILE_STATE.consumed, true);
  }

  free(): void {
    this.#memory.free(this.pointer);
  }
}

/** What was wrong with a tile of ZRLE or TRLE. */
export function tileFault(encoding: string, answer: number): PeerglassError {
  if (answer === TILE_ANSWER.badIndex) return undecodable(encoding, 'with a colour outside of its palette');
  if (answer === TILE_ANSWER.badRun) return undecodable(encoding, 'with a run that leaves its tile');
  return undecodable(encoding, 'with a subencoding that does not exist');
}
