import type { Rectangle, Size } from '../../core/rectangle.js';
import type { Pixels } from '../pictures.js';
import type { Random } from '../random.js';

/** Where a workload paints: a window that covers the screen, except the marker, which it never touches. */
export interface Stage extends Size {
  /** A picture in shared memory. */
  createSurface(size: Size): StageSurface;
  /** Puts a part of a surface on the screen; the place of the marker is left out. */
  put(surface: StageSurface, part: Rectangle, x: number, y: number): void;
}

/** Only the stage that made it can put it. */
export type StageSurface = Pixels & { readonly image: bigint };

export interface Workload {
  readonly name: string;
  /** One line for the report. */
  readonly description: string;
  /** Frames a second that are offered; 0 paints once and then nothing. */
  readonly hz: number;
  /** Loads pictures and paints the first one. Everything that moves does so by `random`. */
  setUp(stage: Stage, random: Random): Painting;
}

export interface Painting {
  /** Paints what changes from the last frame to this one. Frames count from 1. */
  paint(frame: number): void;
}

/** The whole of the stage, as a rectangle. */
export function all({ width, height }: Size): Rectangle {
  return { x: 0, y: 0, width, height };
}
