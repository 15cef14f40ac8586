import type { PeerglassError } from '../core/errors.js';
import type { Rectangle } from '../core/rectangle.js';

/**
 * Which part of the source's screen. Monitors count from 1, the primary one first; a number means the monitor that has it
 * when the source is opened, and that one ever after.
 */
export type ShareTarget =
  | { readonly kind: 'monitor'; readonly number: number }
  /** A monitor by its name, e.g. "HDMI-1". */
  | { readonly kind: 'output'; readonly output: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'region'; readonly region: Rectangle }
  | { readonly kind: 'window'; readonly window: string };

/** A monitor that can be shared. */
export interface MonitorTarget {
  /** Counts from 1. */
  readonly number: number;
  /** Of its output, e.g. "HDMI-1", or as the system calls it. */
  readonly name: string;
  readonly primary: boolean;
  /** On the whole screen. */
  readonly geometry: Rectangle;
}

/** A window that can be shared. */
export interface WindowTarget {
  /** As `--window` takes it, e.g. "0x1a00007". */
  readonly id: string;
  readonly title: string;
  readonly geometry: Rectangle;
}

/** What a way to capture real screens has to offer. */
export interface ScreenTargets {
  /** In the order in which they are numbered, the primary one first. */
  readonly monitors: readonly MonitorTarget[];
  readonly windows: readonly WindowTarget[];
  /** Why no monitor can be shared, though windows may. */
  readonly missing?: PeerglassError;
}
