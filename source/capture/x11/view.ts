import type { XEvent } from 'x11';
import { sameRectangle } from '../../core/rectangle.js';
import type { ReadableArea } from './image-reader.js';

/** StructureNotifyMask: a window is moved, resized, mapped, unmapped or destroyed. */
export const STRUCTURE_NOTIFY = 0x20000;

/** The state of a view at one moment. */
export interface ViewState {
  readonly readable: ReadableArea;
  /** The drawable to track damage of, and the source's top left pixel in its coordinates. */
  readonly damaged: number;
  readonly damageOrigin: { readonly x: number; readonly y: number };
  /** What is shared, e.g. "monitor HDMI-1 (1920x1080)". */
  readonly description: string;
  /** The monitors that are a part of it; none for a window. */
  readonly monitors: readonly string[];
}

/** The shared part of a display: a part of its screen, or a window. */
export interface View {
  /**
   * Queries where the view is now and prepares it for reading. The first call chooses it. Later calls find the same
   * one, wherever it has moved, or report that it is lost, perhaps only for now (E_SOURCE_GONE, E_SOURCE_HIDDEN).
   *
   * @throws PeerglassError E_NO_SUCH_MONITOR, E_NO_SUCH_WINDOW, E_REGION, E_CAPTURE, E_DISPLAY_DIED, E_SOURCE_*
   */
  resolve(): Promise<ViewState>;
  /** Whether an event means that the view may have moved or vanished. Must be called for every event. */
  concerns(event: XEvent): boolean;
  /** The pointer's position, in the source's coordinates. */
  pointer(): Promise<{ readonly x: number; readonly y: number }>;
}

/** Whether two states show the same part of the same drawable. */
export function sameView(a: ViewState, b: ViewState): boolean {
  return a.readable.drawable === b.readable.drawable && sameRectangle(a.readable.area, b.readable.area);
}
