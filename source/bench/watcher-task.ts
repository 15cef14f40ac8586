import type { Size } from '../core/rectangle.js';
import type { PictureError } from './statistics.js';
import type { Layout } from './workloads/workload.js';

export interface WatcherTask {
  /** The -fbdir folders of the two Xvfbs. */
  readonly offered: string;
  readonly shown: string;
  /** Size of the shown picture. */
  readonly size: Size;
  readonly layout: Layout;
  /** The numbers of this run's frames, from the first up to (and not including) the last. */
  readonly numbers: { readonly first: number; readonly last: number };
  /** Three words: the mode (`WatcherMode`); whether the marker was found on the second display; whether both are equal. */
  readonly control: Int32Array;
}

export enum WatcherMode {
  Search,
  Measure,
  /** Like Measure, and also compares shown pictures with offered ones. */
  Compare,
  /** Nothing changes any more: waits until both displays are equal. */
  Settle,
  Stop,
}

/** When each frame was first seen, in order: frame numbers, and milliseconds of the machine's clock. */
export interface Sightings {
  readonly frames: number[];
  readonly times: number[];
}

/** Two displays' sightings of the same numbers. */
export interface BothSightings {
  readonly offered: Sightings;
  readonly shown: Sightings;
}

/** How long a slide took, in milliseconds from its appearance; null if the next one came first. */
export interface SlideTimes {
  /** Until every box of text had at least 30 dB. */
  readonly readableMs: number | null;
  readonly exactMs: number | null;
}

/** Comparisons of text, which is to be exact. */
export interface TextCounts {
  compared: number;
  wrong: number;
}

export interface WatcherReport extends BothSightings {
  readonly letters: BothSightings;
  /** Errors of shown pictures. */
  readonly errors: readonly PictureError[];
  readonly text: TextCounts;
  readonly slides: readonly SlideTimes[];
  /** When both displays were first seen to be equal after the last change; null if never, or if nobody asked. */
  readonly equalAt: number | null;
  /** Mean milliseconds between two samples. */
  readonly interval: number;
}
