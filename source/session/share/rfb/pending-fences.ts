import { FENCE } from '../../../protocols/rfb/constants.js';
import { serverFence } from '../../../protocols/rfb/server-writer.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';

/** What the answer to a fence tells about. */
export interface FencedUpdate {
  /** Bytes of the connection up to and with the fence. */
  readonly position: number;
  /** When what the update showed was captured; null when it showed nothing new. */
  readonly capturedAt: number | null;
}

const PAYLOAD = 4;

/** Fences that were sent after updates, by number. */
export class PendingFences {
  readonly #open = new Map<number, FencedUpdate>();
  #next = 1;

  /** The first that was not answered yet. */
  get first(): FencedUpdate | undefined {
    return this.#open.values().next().value;
  }

  /**
   * A fence whose answer says that everything before it was processed.
   * @param updateAt what it tells about, given the fence's own length
   */
  fence(updateAt: (length: number) => FencedUpdate): Uint8Array {
    const payload = Buffer.alloc(PAYLOAD);
    payload.writeUInt32BE(this.#next);
    const fence = serverFence(FENCE.request | FENCE.blockBefore, payload);
    if (this.#open.size < VIEWER_LIMITS.openFences) this.#open.set(this.#next, updateAt(fence.length));
    this.#next = this.#next === 0xffff_ffff ? 1 : this.#next + 1;
    return fence;
  }

  /** What was fenced with the answered fence; undefined for an answer to nothing. Each is answered once. */
  answered(payload: Uint8Array): FencedUpdate | undefined {
    if (payload.length !== PAYLOAD) return undefined;
    const number = new DataView(payload.buffer, payload.byteOffset, PAYLOAD).getUint32(0);
    const update = this.#open.get(number);
    this.#open.delete(number);
    return update;
  }
}
