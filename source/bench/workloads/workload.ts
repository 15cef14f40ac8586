import type { Rectangle, Size } from '../../core/rectangle.js';
import type { Pixels } from '../pictures.js';

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

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
