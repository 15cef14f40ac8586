import type { Upgrade } from './transport.js';

/**
 * A stream of bytes both ways, as far as a protocol's reader and writer need one: a socket, or what is laid over one. It begins
 * paused.
 */
export interface ByteStream {
  /** The bytes are valid until the listener returns. */
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** end: the peer says nothing more. close: it is over. drain: the stream takes more again. */
  on(event: 'end' | 'close' | 'drain', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** The bytes must stay as they are until they are gone. */
  write(bytes: Uint8Array): unknown;
  destroy(): unknown;
  /** Bytes that were written and are not gone yet. */
  readonly writableLength: number;
  /** Whether `drain` will come, and writing had better wait for it. */
  readonly writableNeedDrain: boolean;
  /**
   * Goes on over another stream that is laid over the one that carries this one: ReplaceableStream has it. Where it is missing
   * no security type can be used that needs one.
   * @param unread what was received and belongs to the other one already
   */
  replace?(upgrade: Upgrade, unread: Uint8Array): void;
}
