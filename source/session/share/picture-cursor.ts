import type { EncodeProfile } from '../../codecs/encode/encode-profile.js';
import { qualityOfLevel, qualityOfPercent } from '../../codecs/encode/levels.js';
import { WirePixels } from '../../codecs/encode/wire-pixels.js';
import type { JpegQuality } from '../../codecs/jpeg/jpeg-library.js';
import { BGRX } from '../../core/pixel-format.js';
import type { Rectangle } from '../../core/rectangle.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { Region } from '../../pixels/region.js';
import type { ScreenView } from '../../pixels/screen.js';
import { ENCODING, PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import { RECORDED_QUALITY, recordingProfile } from '../recording/recordings.js';
import type { Quality } from '../share-options.js';
import { capabilitiesOf } from './rfb/client-capabilities.js';
import { CursorState } from './rfb/cursor-state.js';
import { isUpToDate, planUpdate, type UpdatePlan } from './rfb/update-plan.js';
import type { FilmUpdate, ViewerVideo } from './rfb/viewer-video.js';
import type { ShareHost } from './viewer-session.js';

/** What every reader of a log reads besides exact pixels. */
const FILM = capabilitiesOf([ENCODING.h264, PSEUDO_ENCODING.videoMask]);
/** A film that begins anew is in the log as a whole picture: its IDR may take longer than to a viewer. */
export const HOLD_FILM_MS = 1500;
/** Of a film's picture that is seen until its video begins anew. */
const COARSE = qualityOfLevel(4);
const POINTER = capabilitiesOf([PSEUDO_ENCODING.cursorWithAlpha, PSEUDO_ENCODING.pointerPos]);

export type PictureCursorHost = Pick<ShareHost, 'settings' | 'memory' | 'cursor' | 'cuts' | 'picture'>;

/** What a log of the picture lacks. */
export interface MissingChange {
  readonly screen: ScreenView;
  /** Null: only the pointer has changed. */
  readonly plan: UpdatePlan | null;
  /** A picture of a film, and what goes with it. */
  readonly film: FilmUpdate | null;
  /** What is to be encoded exactly, over films. */
  readonly exact: readonly Rectangle[];
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
  readonly capabilities = FILM;
  readonly #host: PictureCursorHost;
  #cursor = new CursorState();
  #framebuffer: Framebuffer | null = null;
  /** All of the framebuffer. */
  #whole = new Region();
  #version = 0;
  /** What is missing although it has the version: a film that has ended. */
  #dirty = new Region();
  /** The profile that is used where there is no other, as of these settings. */
  #own: { readonly level: number; readonly quality: Quality; readonly profile: EncodeProfile } | null = null;
  #coarse: { readonly level: number; readonly profile: EncodeProfile } | null = null;

  constructor(host: PictureCursorHost) {
    this.#host = host;
  }

  /** All of it is always wanted. */
  get region(): Region {
    return this.#whole;
  }

  missed(rectangle: Rectangle): void {
    this.#dirty.add(rectangle);
  }

  got(rectangle: Rectangle): void {
    if (!this.#dirty.isEmpty) this.#dirty.subtract(rectangle);
  }

  /** The log has nothing. */
  restart(): void {
    this.#framebuffer = null;
  }

  /**
   * Takes what is missing, which counts as written from now on.
   * @param always also if nothing is missing
   * @param video the films that it has as video
   */
  take(now: number, always: boolean, video: ViewerVideo): MissingChange | null {
    const { cuts, settings, memory, cursor } = this.#host;
    const screen = this.#host.picture(true);
    this.#follow(screen.framebuffer);
    const { width, height, bounds } = screen.framebuffer;
    video.follow(screen, true, bounds, now);
    const request = { bounds, requested: this.#whole, copyRect: true, refreshes: true };
    const has = { version: this.#version, dirty: this.#dirty };
    let plan = isUpToDate(screen, has, true) ? null : planUpdate(screen, cuts, has, request);
    if (plan && video.forbids(plan.moves)) plan = planUpdate(screen, cuts, has, { ...request, copyRect: false });
    const split = video.split(plan, screen, this.#version);
    const { exact } = split;
    plan = split.plan;
    this.#version = split.version;
    const size = { width, height, pixels: this.pixels, memory };
    const pointer = this.#cursor.take(cursor, settings.cursor, POINTER, size);
    const film = video.due(plan !== null || exact.length > 0 || pointer.length > 0);
    if (!plan && !film && exact.length === 0 && pointer.length === 0 && !always) return null;
    if (plan) this.#version = plan.version;
    for (const { rectangle } of plan?.cells ?? []) this.got(rectangle);
    const wholePointer = () => new CursorState().take(cursor, settings.cursor, POINTER, size);
    return { screen, plan, film, exact: [...exact, ...(film?.exact ?? [])], pointer, wholePointer };
  }

  /** For exact pictures, with losses where photographs move. */
  get ownProfile(): EncodeProfile {
    const { level, quality } = this.#host.settings;
    if (this.#own?.level !== level || this.#own.quality !== quality) {
      this.#own = { level, quality, profile: recordingProfile(level, qualityFor(quality)) };
    }
    return this.#own.profile;
  }

  /** For pictures of films with which segments begin. Better ones would hold up the film. */
  get filmProfile(): EncodeProfile {
    const { level } = this.#host.settings;
    if (this.#coarse?.level !== level) this.#coarse = { level, profile: recordingProfile(level, COARSE) };
    return this.#coarse.profile;
  }

  /** After a resize the framebuffer is a new one, of which nothing is written. */
  #follow(framebuffer: Framebuffer): void {
    if (framebuffer === this.#framebuffer) return;
    this.#framebuffer = framebuffer;
    this.#whole = Region.of([framebuffer.bounds]);
    this.#version = 0;
    this.#dirty = new Region();
    this.#cursor = new CursorState();
  }
}

/** The quality of photographs that move; null: no losses. */
export function qualityFor(chosen: Quality): JpegQuality | null {
  if (chosen === 'lossless') return null;
  return chosen === 'auto' ? RECORDED_QUALITY : qualityOfPercent(chosen);
}
