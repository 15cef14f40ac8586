import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import type { ScreenView } from '../../../pixels/screen.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import { cutForSlices, nextPiece } from './pending-update.js';
import type { RfbShare } from './rfb-share.js';
import { refreshingOnly, type UpdatePlan } from './update-plan.js';

/** One viewer's turns in the queue of refreshes. */
export class RefreshTurn {
  readonly #share: RfbShare;
  /** Identifies the viewer's machine. */
  readonly #clientKey: string;
  readonly #pump: () => void;
  /** Of its next piece in the queue. */
  #state: 'queued' | 'granted' | null = null;

  constructor(share: RfbShare, clientKey: string, pump: () => void) {
    this.#share = share;
    this.#clientKey = clientKey;
    this.#pump = pump;
  }

  get queued(): boolean {
    return this.#state === 'queued';
  }

  /**
   * The allowed part of a refresh: all of it, a piece, or only what changed.
   * @param onlyViewer no other viewer could be delayed
   */
  allowed(whole: UpdatePlan, screen: ScreenView, profile: EncodeProfile, onlyViewer: boolean): UpdatePlan | null {
    const { cache, refreshes } = this.#share;
    const changed = whole.cells.slice(0, whole.cells.length - whole.refreshed);
    const refreshing = whole.cells.slice(changed.length);
    const cells = onlyViewer ? refreshing : cutForSlices(refreshing, screen, profile, cache);
    const plan = { ...whole, cells: [...changed, ...cells], refreshed: cells.length };
    if (cells.every(cell => cache.has(screen, cell, profile))) return { ...plan, refreshed: 0 };
    if (refreshes.mayBegin(this.#clientKey)) {
      this.#state = null;
      return plan;
    }
    if (this.#state === 'granted') {
      return refreshingOnly(plan, nextPiece(cells, screen, profile, cache, VIEWER_LIMITS.refreshPiecePixels));
    }
    this.#state = 'queued';
    refreshes.wait(this.#granted);
    return changed.length === 0 && plan.moves.length === 0 ? null : refreshingOnly(plan, []);
  }

  /** @returns the function that ends it */
  begin(): (ms: number) => void {
    const inTurn = this.#state === 'granted';
    if (inTurn) this.#state = null;
    return this.#share.refreshes.begin(this.#clientKey, inTurn);
  }

  forget(): void {
    this.#share.refreshes.forget(this.#granted);
  }

  /** If the piece cannot be sent now, it has to queue again. */
  readonly #granted = () => {
    this.#state = 'granted';
    this.#pump();
    if (this.#state === 'granted') this.#state = null;
  };
}
