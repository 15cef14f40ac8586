import { PeerglassError } from '../core/errors.js';
import type { Rectangle, Size } from '../core/rectangle.js';
import type { PlacedCursor } from '../pixels/cursor.js';
import type { Framebuffer } from '../pixels/framebuffer.js';
import type { SourceKind } from './source-kinds.js';

export type { CursorShape, PlacedCursor } from '../pixels/cursor.js';

export interface SourceDescription extends Size {
  readonly kind: SourceKind;
  /** What is shared, e.g. "monitor 1 (1920x1080)". */
  readonly description: string;
  /** Why that source, e.g. "X11 display :0 answers". */
  readonly why: string;
}

export interface CaptureEvents {
  /**
   * Parts that may have changed, clipped to the source, in its own coordinates. Not yet read: what changes there again
   * before a `read` has begun need not be told again.
   */
  damage(rectangles: readonly Rectangle[]): void;
  cursor(state: PlacedCursor): void;
  /** The source has another size from now on: read nothing until the framebuffers have it too. */
  resized(size: Size): void;
  /** The source is gone for good (E_DISPLAY_DIED, ...). */
  ended(error: PeerglassError): void;
}

/**
 * What becomes of the thing that was chosen, told also while the source is stopped:
 * - `lost`: it cannot be seen for now, because it is gone (E_SOURCE_GONE) or hidden (E_SOURCE_HIDDEN). Until `back` nothing
 *   is damage, `read` answers 0 and the pointer is not told; never is another thing shown in its place.
 * - `back`: it is there again, and all of it is damage.
 * - `changed`: it goes on as something that a person should know of, e.g. one more monitor.
 */
export type SourceEvent =
  | { readonly kind: 'lost'; readonly error: PeerglassError }
  | { readonly kind: 'back' }
  | { readonly kind: 'changed'; readonly text: string };

/** What another process has used: milliseconds of processor time since it began, and resident memory in bytes. */
export interface ChildUse {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Whether an error means that what was chosen is lost for now, and may be back. */
export function isLoss(error: unknown): error is PeerglassError {
  return error instanceof PeerglassError && (error.code === 'E_SOURCE_GONE' || error.code === 'E_SOURCE_HIDDEN');
}

/**
 * Where pixels come from. `open`, then `start` when the first viewer is there and `stop` when the last one left: between
 * `stop` and `start` a source does nothing at all.
 */
export interface CaptureSource {
  /** @throws PeerglassError E_NO_DISPLAY, E_DISPLAY_CONNECT, E_WAYLAND, E_CAPTURE*, E_REGION, E_NO_SUCH_*, E_REPLAY_FILE */
  open(): Promise<void>;
  /** Valid after `open` and after each `resized`. */
  describe(): SourceDescription;
  /**
   * From now on tells what happens. The first thing that it reports, at once or soon, is the whole picture as damage
   * (after `resized` when that has another size by now). A source that died while it was stopped tells `ended` then.
   */
  start(events: CaptureEvents): void;
  stop(): void;
  /** Calls back when it is gone for good, also while it is stopped: where the system tells that without being asked. */
  onDeath?(listener: (error: PeerglassError) => void): void;
  /** Calls back when the thing that was chosen is lost and when it is back; for sources that can lose it. One listener. */
  onEvent?(listener: (news: SourceEvent) => void): void;
  /**
   * Reads all of the rectangles (inside the source), and nothing else, into the same places of `incoming`, which has the
   * source's size and must not be freed before this settles. Pixels are BGRX; the X byte is whatever the source has.
   * Resolves with the number of pixels read: 0 when the source has got another size meanwhile, of which `resized` tells,
   * or what was read may be something else than what was chosen; all of it is damage anew then. One call at a time.
   *
   * @throws PeerglassError when the source is of no use any more, of which `ended` tells as well
   */
  read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number>;
  /** What a process of its own that reads for this source has used; null where there is none. */
  readonly childUse?: ChildUse | null;
  /** How often a still screen must be compared whole, because damage can be missed; null where it never is missed. */
  readonly safetyCheckMs: number | null;
  close(): Promise<void>;
}
