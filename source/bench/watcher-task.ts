import type { Size } from '../core/rectangle.js';

export interface WatcherTask {
  /** The -fbdir folders of the two Xvfbs. */
  readonly offered: string;
  readonly shown: string;
  /** Size of the shown picture. */
  readonly size: Size;
  /** Two words: the mode (`WatcherMode`), and whether the marker was found on the second display. */
  readonly control: Int32Array;
}

export enum WatcherMode {
  Search,
  Measure,
  /** Like Measure, and also compares shown pictures with offered ones. */
  Compare,
  Stop,
}

/** When each frame was first seen, in order: frame numbers, and milliseconds of the machine's clock. */
export interface Sightings {
  readonly frames: number[];
  readonly times: number[];
}

export interface WatcherReport {
  readonly offered: Sightings;
  readonly shown: Sightings;
  /** Mean squared errors per channel of shown pictures (0: identical). */
  readonly errors: readonly number[];
  /** Mean milliseconds between two samples. */
  readonly interval: number;
}
