import type { Threads } from './share-options.js';
import type { Scale, ViewKind } from './watch-options.js';

/** How fast a recording may be played. */
export const SPEEDS = { least: 0.25, most: 16 } as const;

/** How a recording is played. */
export interface PlayOptions {
  readonly file: string;
  readonly view: ViewKind;
  readonly scale: Scale;
  readonly fullscreen: boolean;
  /** Where it begins, in seconds; null: at its beginning, of a picture to save: at its end. */
  readonly at: number | null;
  /** 0.25 to 16. */
  readonly speed: number;
  /** Whether times without a change are skipped. */
  readonly skipStill: boolean;
  readonly threads: Threads;
  /** A PNG file for the picture at `at`: nothing is played then. */
  readonly snapshotFile: string | null;
  /** Whether the session ends with the recording, instead of showing its last picture. */
  readonly endsAtEnd: boolean;
  /** Cells for the picture in the terminal (view `terminal`), or null for the whole terminal. */
  readonly terminalCells: { readonly columns: number; readonly rows: number } | null;
}
