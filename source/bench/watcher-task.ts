import type { Size } from '../core/rectangle.js';

export interface WatcherTask {
  /** The folders that the two Xvfb were given with -fbdir. */
  readonly offered: string;
  readonly shown: string;
  /** Of the picture that is shown. */
  readonly size: Size;
  /** Two words: what to do (`WatcherMode`), and whether the marker has been found on the second display. */
  readonly control: Int32Array;
}

export enum WatcherMode {
  Search,
  Measure,
  /** As Measure, and compares the shown pictures with the offered ones. */
  Compare,
  Stop,
}

/** First sights, in the order in which they came: numbers of frames and milliseconds of the machine's monotonic clock. */
export interface Sightings {
  readonly frames: number[];
  readonly times: number[];
}

export interface WatcherReport {
  readonly offered: Sightings;
  readonly shown: Sightings;
  /** Mean squared errors per channel of shown pictures (0 is exact). */
  readonly errors: readonly number[];
  /** Mean milliseconds between two looks. */
  readonly interval: number;
}
