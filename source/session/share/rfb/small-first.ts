import type { EncodedRectangle } from '../../../codecs/encode/encode-job.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { MAX_AHEAD_BYTES } from '../tuning.js';
import type { Cell, CellCuts } from './cells.js';
import type { UpdatePlan } from './update-plan.js';

/** What is small and exact goes to one viewer before its next picture: letters, menus. Keeps count of that. */
export class SmallFirst {
  /** Bytes since the viewer last answered. */
  #bytes = 0;
  /** The version up to which small changes were sent or skipped, beyond the viewer's own; 0: none. */
  #version = 0;

  /** Whether more may be sent before the viewer answers. */
  get open(): boolean {
    return this.#bytes < MAX_AHEAD_BYTES;
  }

  /**
   * The small ones of the cells that the viewer lacks: all of them, some, or none.
   * @param complete whether the plan is all that it lacks
   */
  cellsOf(plan: UpdatePlan | null, screen: ScreenView, cuts: CellCuts, complete: boolean): readonly Cell[] {
    if (plan === null) return [];
    const cells = cuts.smallCells(screen, plan.cells, this.#version);
    // Moves are relative to the viewer's version: nothing may be sent in between.
    const whole = complete && cells.length === plan.cells.length;
    return !whole && plan.moves.length > 0 ? [] : cells;
  }

  /** @param version up to which; null: the viewer's own follows */
  sent(bytes: number, version: number | null): void {
    this.#bytes += bytes;
    this.#version = version ?? 0;
  }

  /**
   * Whether what was encoded is small. Else it waits for its turn with the rest.
   * @param version up to which it is new
   */
  fits(rectangles: readonly EncodedRectangle[], version: number): boolean {
    const fits = rectangles.reduce((sum, { bytes }) => sum + bytes.length, 0) <= MAX_AHEAD_BYTES;
    if (!fits) this.#version = version;
    return fits;
  }

  answered(): void {
    this.#bytes = 0;
  }

  /** The viewer has a new version. */
  updated(): void {
    this.#version = 0;
  }
}
