import type { PeerglassError } from '../core/errors.js';
import type { Rectangle } from '../core/rectangle.js';

/**
 * The part of the source's screen to share. Monitors are numbered from 1, the primary one first. A number stands for
 * the monitor that has it when the source is opened, for the whole share.
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
  /** The name of its output, e.g. "HDMI-1", or the system's name for it. */
  readonly name: string;
  readonly primary: boolean;
  /** In coordinates of the whole screen, in physical pixels. */
  readonly geometry: Rectangle;
  /** What else is to be known about it, e.g. "scale 1.5, rotated 90°". */
  readonly note?: string;
}

/** A window that can be shared. */
export interface WindowTarget {
  /** As `--window` takes it, e.g. "0x1a00007". */
  readonly id: string;
  readonly title: string;
  /** Null where the system does not tell. */
  readonly geometry: Rectangle | null;
}

/** The monitors and windows that a source can share. */
export interface ScreenTargets {
  /** By number: the primary one first. */
  readonly monitors: readonly MonitorTarget[];
  readonly windows: readonly WindowTarget[];
  /** Why no monitor can be shared; windows still may. */
  readonly missing?: PeerglassError;
}
