import type { Percentiles } from '../session/stats/watch-figures.js';

/** What the page tells of a session. Times are milliseconds. */
export interface WatchFacts {
  /** Of the sharer's screen; empty: it has none. */
  readonly name: string;
  /** What protects the connection beside https; null: nothing. */
  readonly encryption: string | null;
  readonly fps: number;
  readonly mbitPerSecond: number;
  readonly latency: Percentiles | null;
  /** What limits the frame rate, for people. */
  readonly limit: string | null;
  readonly stages: { readonly receive: number; readonly decode: number; readonly present: number };
  readonly frames: number;
  readonly bytes: number;
  readonly compression: number;
  /** Rectangles by encoding. */
  readonly encodings: Readonly<Record<string, number>>;
}
