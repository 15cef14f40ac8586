import type { Rectangle, Size } from '../../core/rectangle.js';
import { MARKER, type Mark } from '../marker.js';
import type { Pixels } from '../pictures.js';

/** The surface for workloads: a window that covers the screen. Painting never touches the marker. */
export interface Stage extends Size {
  /** A picture in shared memory. */
  createSurface(size: Size): StageSurface;
  /** Copies a part of a surface to the screen, except under the marker. */
  put(surface: StageSurface, part: Rectangle, x: number, y: number): void;
}

/** A surface, which only its own stage can put on the screen. */
export type StageSurface = Pixels & { readonly image: bigint };

/** What the watcher must know of a workload's picture. */
export interface Layout {
  /** Where the number of a frame stands. A frame is shown when all of them have it: its beginning and its end. */
  readonly frame: readonly Mark[];
  /** Where the number of a typed letter stands. */
  readonly letter: Mark | null;
  /** What moves, and is compared as a film is; null: the whole picture. */
  readonly film: Rectangle | null;
  /** Areas of text that never change, and must be exact in each picture. */
  readonly text: readonly Rectangle[];
  /** Where letters are typed. */
  readonly typed: Rectangle | null;
  /** The boxes of text on each slide, if the workload shows one at a time. */
  readonly slides: readonly (readonly Rectangle[])[] | null;
}

/** The layout of most workloads: one number at the top left. */
export const PLAIN_LAYOUT: Layout = {
  frame: [{ x: 0, y: 0, height: MARKER.height }],
  letter: null,
  film: null,
  text: [],
  typed: null,
  slides: null,
};

export interface Workload {
  readonly name: string;
  /** One line for the report. */
  readonly description: string;
  /** Offered frames per second; 0: only one frame. */
  readonly hz: number;
  /** The least time to measure, in milliseconds, if frames are rare. */
  readonly atLeastMs?: number;
  /** Its layout, if it is not `PLAIN_LAYOUT`. Such a workload draws the numbers by itself, inside its own picture. */
  layout?(size: Size): Layout;
  /** Loads pictures and paints the first frame. All motion comes from `random`. */
  setUp(stage: Stage, random: Random): Painting;
}

export interface Painting {
  /** Paints the changes since the last frame. Frames count from 1. @param number what the markers show */
  paint(frame: number, number: number): void;
  /** Types a letter, beside the frames, at a person's pace. Letters count from 1. */
  type?(letter: number, number: number): void;
}

/** The whole stage, as a rectangle. */
export function all({ width, height }: Size): Rectangle {
  return { x: 0, y: 0, width, height };
}

/** Pseudo-random numbers from 0 up to 1, determined by the seed (mulberry32). */
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

/** A whole number from `least` to `most`, inclusive. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
