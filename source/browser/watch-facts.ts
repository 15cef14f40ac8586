import type { Percentiles } from '../session/stats/watch-figures.js';

/** How far a viewer of a broadcast is. */
export interface BroadcastFacts {
  /** How old the picture was when it came, over the best that ever came; null: not known. */
  readonly ages: Percentiles | null;
  readonly segment: number | null;
  /** How often it was so far behind that it went on with the newest picture. */
  readonly jumps: number;
  /** Whether the link is too slow for the moving picture. */
  readonly still: boolean;
}

/** The page's figures of a session. Times are in milliseconds. */
export interface WatchFacts {
  /** The name of the sharer's screen; empty: none. */
  readonly name: string;
  /** The protection of the connection, apart from https; null: none. */
  readonly encryption: string | null;
  /** How film is decoded; null: none has come. */
  readonly video: string | null;
  readonly fps: number;
  readonly mbitPerSecond: number;
  /** Of a broadcast: its age. */
  readonly latency: Percentiles | null;
  /** Null: it is no broadcast. */
  readonly broadcast: BroadcastFacts | null;
  /** What limits the frame rate, as text. */
  readonly limit: string | null;
  readonly stages: { readonly receive: number; readonly decode: number; readonly present: number };
  readonly frames: number;
  readonly bytes: number;
  readonly compression: number;
  /** Rectangles by encoding. */
  readonly encodings: Readonly<Record<string, number>>;
}
