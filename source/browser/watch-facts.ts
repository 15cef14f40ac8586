import type { Percentiles } from '../session/stats/watch-figures.js';

/** The page's figures of a session. Times are in milliseconds. */
export interface WatchFacts {
  /** The name of the sharer's screen; empty: none. */
  readonly name: string;
  /** The protection of the connection, apart from https; null: none. */
  readonly encryption: string | null;
  readonly fps: number;
  readonly mbitPerSecond: number;
  readonly latency: Percentiles | null;
  /** What limits the frame rate, as text. */
  readonly limit: string | null;
  readonly stages: { readonly receive: number; readonly decode: number; readonly present: number };
  readonly frames: number;
  readonly bytes: number;
  readonly compression: number;
  /** Rectangles by encoding. */
  readonly encodings: Readonly<Record<string, number>>;
}
