import type { ErrorReport } from '../core/errors.js';
import type { Rectangle } from '../core/rectangle.js';

/** What this machine can share, for the form and for `peerglass list`. */
export interface ShareTargets {
  /** The source that `auto` would pick and why, or why none works. */
  readonly source:
    | { readonly kind: 'x11' | 'screenshots'; readonly why: string }
    | { readonly kind: null; readonly error: ErrorReport };
  /** Monitors in the order in which they are numbered, the primary one first. */
  readonly monitors: readonly MonitorTarget[];
  readonly windows: readonly WindowTarget[];
}

export interface MonitorTarget {
  /** Counts from 1. */
  readonly number: number;
  readonly name: string;
  readonly primary: boolean;
  readonly geometry: Rectangle;
}

export interface WindowTarget {
  /** As `--window` takes it, e.g. "0x1a00007". */
  readonly id: string;
  readonly title: string;
  readonly geometry: Rectangle;
}
