import { refinementMarker } from '../../../protocols/rfb/share-status.js';
import type { CursorPolicy } from '../../share-options.js';
import { CursorState } from './cursor-state.js';
import type { DesktopState } from './desktop-state.js';
import type { RfbShare } from './rfb-share.js';
import type { ViewerEncoding } from './viewer-encoding.js';

/** What one viewer is sent before the rectangles of an update, or without any: a refinement's marker, name, pointer. */
export class HeadState {
  readonly #host: RfbShare['host'];
  readonly #encoding: ViewerEncoding;
  readonly #desktop: DesktopState;
  readonly #pointer = new CursorState();
  #takenAt = Number.NEGATIVE_INFINITY;

  constructor({ host }: RfbShare, encoding: ViewerEncoding, desktop: DesktopState) {
    this.#host = host;
    this.#encoding = encoding;
    this.#desktop = desktop;
  }

  /** The pointer is sent again: the viewer's pixel format or framebuffer has changed. */
  forgetPointer(): void {
    this.#pointer.forget();
  }

  /**
   * The time until a new name or pointer may be sent without pixels, which the frame cap limits; Infinity: there is
   * none.
   */
  waitMs(now: number): number {
    const { capabilities } = this.#encoding;
    const pending =
      this.#desktop.namePending(capabilities) ||
      this.#pointer.pending(this.#host.cursor, this.#policy, capabilities, this.#desktop.bounds);
    return pending ? Math.max(this.#takenAt + 1000 / this.#host.settings.fps - now, 0) : Number.POSITIVE_INFINITY;
  }

  /** The pseudo-rectangles to send, which count as sent. @param refines whether the update only refines */
  take(refines: boolean, now: number): Uint8Array[] {
    const { cursor, memory } = this.#host;
    const { capabilities, pixels } = this.#encoding;
    const { bounds } = this.#desktop;
    const policy = this.#policy;
    const rectangles: Uint8Array[] = [];
    if (refines && capabilities.shareStatus) rectangles.push(refinementMarker());
    if (this.#desktop.namePending(capabilities)) rectangles.push(this.#desktop.takeName());
    if (this.#pointer.pending(cursor, policy, capabilities, bounds)) {
      rectangles.push(...this.#pointer.take(cursor, policy, capabilities, { ...bounds, pixels, memory }));
    }
    this.#takenAt = now;
    return rectangles;
  }

  /** A viewer with the pointer painted into its picture must not draw it as well. */
  get #policy(): CursorPolicy {
    const { cursor } = this.#host.settings;
    return cursor === 'shown' && !this.#encoding.capabilities.drawsPointer ? 'hidden' : cursor;
  }
}
