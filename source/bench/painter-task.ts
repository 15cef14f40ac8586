import type { Size } from '../core/rectangle.js';

/** The only argument of the painter's process, as JSON. */
export interface PainterTask {
  readonly display: string;
  readonly size: Size;
  readonly workload: string;
  readonly seed: number;
  /** The number of its first frame. */
  readonly firstFrame: number;
}

/** What it sends when the first picture is on the screen. */
export const PAINTING = 'painting';
