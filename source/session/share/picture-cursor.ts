import type { EncodeProfile } from '../../codecs/encode/encode-profile.js';
import { qualityOfPercent } from '../../codecs/encode/levels.js';
import { WirePixels } from '../../codecs/encode/wire-pixels.js';
import type { JpegQuality } from '../../codecs/jpeg/jpeg-library.js';
import { BGRX } from '../../core/pixel-format.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { Region } from '../../pixels/region.js';
import type { ScreenView } from '../../pixels/screen.js';
import { PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import { RECORDED_QUALITY, recordingProfile } from '../recording/recordings.js';
import type { Quality } from '../share-options.js';
import { capabilitiesOf } from './rfb/client-capabilities.js';
import { CursorState } from './rfb/cursor-state.js';
import { planUpdate, type UpdatePlan } from './rfb/update-plan.js';
import type { ShareHost } from './viewer-session.js';

const POINTER = capabilitiesOf([PSEUDO_ENCODING.cursorWithAlpha, PSEUDO_ENCODING.pointerPos]);
const NOTHING = new Region();

export type PictureCursorHost = Pick<ShareHost, 'settings' | 'memory' | 'cursor' | 'cuts' | 'picture'>;

/** What a log of the picture lacks. */
export interface MissingChange {
  readonly screen: ScreenView;
  /** Null: only the pointer has changed. */
  readonly plan: UpdatePlan | null;
  /** What has changed of the pointer, as rfb sends it. */
  readonly pointer: readonly Uint8Array[];
  /** The whole pointer, as rfb sends it. */
  wholePointer(): readonly Uint8Array[];
}

/**
 * Which version of the picture a log of it has, a recording or a broadcast: like a viewer that takes all of it, moves
 * included, and draws the pointer.
 */
export class PictureCursor {
  readonly pixels = new WirePixels(BGRX);
  readonly #host: PictureCursorHost;
  #cursor = new CursorState();
  #framebuffer: Framebuffer | null = null;
  /** All of the framebuffer. */
  #whole = new Region();
  #version = 0;
  /** The profile that is used where there is no other, as of these settings. */
  #own: { readonly level: number; readonly quality: Quality; readonly profile: EncodeProfile } | null = null;

  constructor(host: PictureCursorHost) {
    this.#host = host;
  }

  /** The log has nothing. */
  restart(): void {
    this.#framebuffer = null;
  }

  /**
   * Takes what is missing, which counts as written from now on.
   * @param always also if nothing is missing
   */
  take(always: boolean): MissingChange | null {
    const { cuts, settings, memory, cursor } = this.#host;
    const screen = this.#host.picture(true);
    this.#follow(screen.framebuffer);
    const { width, height, bounds } = screen.framebuffer;
    const request = { bounds, requested: this.#whole, copyRect: true, refreshes: false };
    const plan = planUpdate(screen, cuts, { version: this.#version, dirty: NOTHING }, request);
    const size = { width, height, pixels: this.pixels, memory };
    const pointer = this.#cursor.take(cursor, settings.cursor, POINTER, size);
    if (!plan && pointer.length === 0 && !always) return null;
    if (plan) this.#version = plan.version;
    const wholePointer = () => new CursorState().take(cursor, settings.cursor, POINTER, size);
    return { screen, plan, pointer, wholePointer };
  }

  /** For exact pictures, with losses where photographs move. */
  get ownProfile(): EncodeProfile {
    const { level, quality } = this.#host.settings;
    if (this.#own?.level !== level || this.#own.quality !== quality) {
      this.#own = { level, quality, profile: recordingProfile(level, qualityFor(quality)) };
    }
    return this.#own.profile;
  }

  /** After a resize the framebuffer is a new one, of which nothing is written. */
  #follow(framebuffer: Framebuffer): void {
    if (framebuffer === this.#framebuffer) return;
    this.#framebuffer = framebuffer;
    this.#whole = Region.of([framebuffer.bounds]);
    this.#version = 0;
    this.#cursor = new CursorState();
  }
}

/** The quality of photographs that move; null: no losses. */
export function qualityFor(chosen: Quality): JpegQuality | null {
  if (chosen === 'lossless') return null;
  return chosen === 'auto' ? RECORDED_QUALITY : qualityOfPercent(chosen);
}
