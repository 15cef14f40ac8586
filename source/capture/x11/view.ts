import type { XEvent } from 'x11';
import { sameRectangle } from '../../core/rectangle.js';
import type { ReadableArea } from './image-reader.js';

/** Event mask of the core protocol: a window is moved, resized, shown, hidden or destroyed. */
export const STRUCTURE_NOTIFY = 0x20000;

/** What a view is at one moment. */
export interface ViewState {
  readonly readable: ReadableArea;
  /** The drawable whose damage counts, and where the source's top left pixel is in its coordinates. */
  readonly damaged: number;
  readonly damageOrigin: { readonly x: number; readonly y: number };
  /** What is shared, e.g. "monitor HDMI-1 (1920x1080)". */
  readonly description: string;
  /** The monitors that are a part of it; none where it is a window. */
  readonly monitors: readonly string[];
}

/** The part of a display that is shared: of its screen, or a window. */
export interface View {
  /**
   * Asks the server where the view is now, and takes hold of it. The first time it is chosen; later it is the same one,
   * wherever it is by then, or gone (E_SOURCE_GONE, E_SOURCE_HIDDEN) and perhaps back another time.
   *
   * @throws PeerglassError E_NO_SUCH_MONITOR, E_NO_SUCH_WINDOW, E_REGION, E_CAPTURE, E_DISPLAY_DIED, E_SOURCE_*
   */
  resolve(): Promise<ViewState>;
  /** Whether an event means that it may be elsewhere or gone from now on. To be asked about every event. */
  concerns(event: XEvent): boolean;
  /** Where the pointer is, in the source's coordinates. */
  pointer(): Promise<{ readonly x: number; readonly y: number }>;
}

/** Whether two states show the same part of the same drawable. */
export function sameView(a: ViewState, b: ViewState): boolean {
  return a.readable.drawable === b.readable.drawable && sameRectangle(a.readable.area, b.readable.area);
}
