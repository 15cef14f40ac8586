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
  /** Why this source was chosen, e.g. "X11 display :0 answers". */
  readonly why: string;
}

export interface CaptureEvents {
  /**
   * Areas that may have changed, clipped to the source, in its coordinates. They stay dirty until a `read` begins:
   * further changes inside them need not be reported again before that.
   */
  damage(rectangles: readonly Rectangle[]): void;
  cursor(state: PlacedCursor): void;
  /** The source has a new size: read nothing until the framebuffers have it too. */
  resized(size: Size): void;
  /** The source is gone for good (E_DISPLAY_DIED, ...). */
  ended(error: PeerglassError): void;
}

/**
 * What happens to the shared monitor, region or window; reported while the source is stopped, too:
 * - `lost`: it is gone (E_SOURCE_GONE), hidden (E_SOURCE_HIDDEN) or hangs (E_DISPLAY_HUNG), perhaps only for now.
 *   Until `back` there is no damage, `read` returns 0 and the pointer is not reported. Nothing else is ever shown in its
 *   place.
 * - `back`: it is there again, and all of it is damage.
 * - `changed`: the share continues, with a difference that the user should know about, e.g. one more monitor.
 */
export type SourceEvent =
  | { readonly kind: 'lost'; readonly error: PeerglassError }
  | { readonly kind: 'back' }
  | { readonly kind: 'changed'; readonly text: string };

/** Resources used by another process: milliseconds of CPU time since its start, and resident memory in bytes. */
export interface ChildUse {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** What concerns the opening of a source. */
export interface Opening {
  /** Ends the wait for a person whom the system asks. */
  readonly signal: AbortSignal;
  /** Whether the person wants another source than the one that is shared: then the system asks, though it would not have to. */
  readonly again: boolean;
  /** Tells the person at this machine something that is needed for it to go on. */
  notice(text: string): void;
}

/** Whether an error means that the shared thing is lost for now and may come back. */
export function isLoss(error: unknown): error is PeerglassError {
  return error instanceof PeerglassError && (error.code === 'E_SOURCE_GONE' || error.code === 'E_SOURCE_HIDDEN');
}

/** What a source reports about the shared thing, and whether it is lost at present. */
export class SourceReports {
  #loss: PeerglassError | null = null;
  #onEvent: (event: SourceEvent) => void = () => {};

  get loss(): PeerglassError | null {
    return this.#loss;
  }

  /** There is one listener at most. */
  onEvent(listener: (event: SourceEvent) => void): void {
    this.#onEvent = listener;
  }

  /** Reports a loss, unless the same one was the last report. */
  lose(error: PeerglassError): void {
    if (this.#loss?.code === error.code && this.#loss.message === error.message) return;
    this.#loss = error;
    this.#onEvent({ kind: 'lost', error });
  }

  /** @returns whether it was lost before */
  found(): boolean {
    if (!this.#loss) return false;
    this.#loss = null;
    this.#onEvent({ kind: 'back' });
    return true;
  }

  changed(text: string): void {
    this.#onEvent({ kind: 'changed', text });
  }

  /** Nothing is reported from now on. */
  end(): void {
    this.#onEvent = () => {};
  }
}

/**
 * Where pixels come from. Call `open`, then `start` for the first viewer and `stop` after the last one. While stopped,
 * a source does nothing at all.
 */
export interface CaptureSource {
  /**
   * @throws PeerglassError E_NO_DISPLAY, E_DISPLAY_CONNECT, E_DISPLAY_HUNG, E_WAYLAND*, E_PORTAL*, E_PIPEWIRE,
   *   E_CAPTURE*, E_REGION, E_NO_SUCH_*, E_REPLAY_FILE; the reason of the signal
   */
  open(opening?: Opening): Promise<void>;
  /** Valid after `open` and after each `resized`. */
  describe(): SourceDescription;
  /**
   * Starts reporting. The first report, at once or soon, is damage of the whole picture, after `resized` if the size
   * has changed meanwhile. A source that died while stopped reports `ended` now.
   */
  start(events: CaptureEvents): void;
  stop(): void;
  /** Calls back when the source is gone for good, even while stopped, where the system reports that unasked. */
  onDeath?(listener: (error: PeerglassError) => void): void;
  /**
   * For sources that cannot report the pointer, only paint it into their picture: whether they do. Initially they do.
   */
  paintPointer?(painted: boolean): void;
  /** For sources that can lose what they share: calls back when it is lost and when it is back. One listener. */
  onEvent?(listener: (event: SourceEvent) => void): void;
  /**
   * Reads exactly these rectangles (inside the source) into the same places of `incoming`, which has the source's size
   * and must not be freed before this settles. Pixels are BGRX; the X byte is undefined. One call at a time.
   *
   * Resolves with the number of pixels read. 0: the source was resized meanwhile (`resized` reports it), or the pixels
   * may have come from something that is not shared. In both cases all of the source is damage again.
   *
   * @throws PeerglassError when the source cannot be used any more; `ended` reports that, too
   */
  read(rectangles: readonly Rectangle[], incoming: Framebuffer): Promise<number>;
  /** Resources used by the source's own capture process; null if it has none. */
  readonly childUse?: ChildUse | null;
  /** Reports further changes of dirty areas, too, as if they had been read: for who only wants to know how often. */
  reportAgain?(): void;
  /** How often a static screen must be compared as a whole, because damage can be missed; null if it never is. */
  readonly safetyCheckMs: number | null;
  close(): Promise<void>;
}
