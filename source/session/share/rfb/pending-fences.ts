import { FENCE } from '../../../protocols/rfb/constants.js';
import { serverFence } from '../../../protocols/rfb/server-writer.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';

/** What the reply to a fence acknowledges. */
export interface FencedUpdate {
  /** The position in the stream after the fence, in bytes. */
  readonly position: number;
  /** When the update's content was captured; null if it showed nothing new. */
  readonly capturedAt: number | null;
}

const PAYLOAD = 4;

/** Unanswered fences by number; each follows an update. */
export class PendingFences {
  readonly #open = new Map<number, FencedUpdate>();
  #next = 1;

  /** The oldest unanswered fence. */
  get first(): FencedUpdate | undefined {
    return this.#open.values().next().value;
  }

  /**
   * Makes a fence whose reply means that everything before it has been processed.
   * @param updateAt what the reply acknowledges, given the fence's own length
   */
  fence(updateAt: (length: number) => FencedUpdate): Uint8Array {
    const payload = Buffer.alloc(PAYLOAD);
    payload.writeUInt32BE(this.#next);
    const fence = serverFence(FENCE.request | FENCE.blockBefore, payload);
    if (this.#open.size < VIEWER_LIMITS.openFences) this.#open.set(this.#next, updateAt(fence.length));
    this.#next = this.#next === 0xffff_ffff ? 1 : this.#next + 1;
    return fence;
  }

  /** What the reply acknowledges; undefined if it matches no fence. Each fence can be answered once. */
  answered(payload: Uint8Array): FencedUpdate | undefined {
    if (payload.length !== PAYLOAD) return undefined;
    const number = new DataView(payload.buffer, payload.byteOffset, PAYLOAD).getUint32(0);
    const update = this.#open.get(number);
    this.#open.delete(number);
    return update;
  }
}
