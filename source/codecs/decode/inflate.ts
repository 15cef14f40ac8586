export { InflateFault } from './inflate-fault.js';

/** One zlib stream (RFC 1950) that continues from call to call, as rfb's zlib, ZRLE and Tight encodings use it. */
export interface InflateStream {
  /**
   * Inflates all of `compressed`, the next bytes of the stream, and returns what comes out: a view that is valid until the
   * next call on this stream, or until the kernels' memory grows.
   * @throws InflateFault damaged; too-long if more than `max` bytes come out. Afterwards only `reset` is allowed.
   */
  inflate(compressed: Uint8Array, max: number): Uint8Array;
  /** The next bytes begin a new zlib stream. */
  reset(): void;
  /**
   * Prepares the first block of a stream for the kernel inflateRectangle, which may run on any thread; nothing may be
   * inflated before `inflated` was called. Undefined: where this is no kernel's stream.
   * @param max bytes that may come out
   * @throws InflateFault damaged
   */
  prepare?(compressed: Uint8Array, max: number): PreparedBlock;
  /**
   * The kernel has inflated what was prepared; the stream goes on behind it.
   * @param answer the kernel's
   * @returns the inflated bytes' number
   * @throws as `inflate`
   */
  inflated?(answer: number, max: number): number;
  /** Bytes of the kernels' memory that a stream with `prepare` holds. */
  readonly heldBytes?: number;
  /** Frees memory of the kernels. */
  free(): void;
}

/** Arguments of the kernel inflateRectangle: pointers, and the length of the raw deflate data. */
export interface PreparedBlock {
  readonly state: number;
  readonly from: number;
  readonly length: number;
  readonly to: number;
}

/** Inflates streams: all that the rfb protocol needs. */
export interface StreamInflater {
  createStream(): InflateStream;
}

/** Inflates whole data, and streams. */
export type Inflater = WholeInflater & StreamInflater;

/**
 * Inflates data from peers, synchronously. The output is bounded while it is inflated, so a deflate bomb costs no more
 * than the bound.
 */
export interface WholeInflater {
  /** For the log and the dashboard, e.g. "zlib-sync 1.3.1". */
  readonly name: string;
  /**
   * Inflates one whole zlib stream into exactly `target`.
   * @throws InflateFault damaged (its checksum included), truncated, too-long or too-short for the target
   */
  inflateInto(compressed: Uint8Array, target: Uint8Array): void;
  /**
   * Inflates one whole zlib stream of unknown length.
   * @throws InflateFault damaged, truncated, or too-long when more than `max` bytes come out
   */
  inflateWhole(compressed: Uint8Array, max: number): Uint8Array;
}
