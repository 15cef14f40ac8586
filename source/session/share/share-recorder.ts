import { chooseProfile, type EncodeProfile } from '../../codecs/encode/encode-profile.js';
import { qualityOfLevel, qualityOfPercent } from '../../codecs/encode/levels.js';
import { WirePixels } from '../../codecs/encode/wire-pixels.js';
import { numbersToList } from '../../codecs/encodings/registry.js';
import type { JpegQuality } from '../../codecs/jpeg/jpeg-library.js';
import { BGRX } from '../../core/pixel-format.js';
import type { Rectangle } from '../../core/rectangle.js';
import { unixTime } from '../../node/clock.js';
import { nodeCompressors } from '../../node/compressors.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import { Region } from '../../pixels/region.js';
import { PSEUDO_ENCODING } from '../../protocols/rfb/constants.js';
import { Recordings } from '../recording/recordings.js';
import type { ReadyPart } from '../recording/screen-recorder.js';
import type { Quality } from '../share-options.js';
import type { RecordingSnapshot } from '../snapshot.js';
import { capabilitiesOf } from './rfb/client-capabilities.js';
import { CursorState } from './rfb/cursor-state.js';
import { planUpdate } from './rfb/update-plan.js';
import type { ShareHost } from './viewer-session.js';

export type ShareRecorderHost = Pick<
  ShareHost,
  | 'options'
  | 'settings'
  | 'clock'
  | 'memory'
  | 'live'
  | 'cursor'
  | 'cuts'
  | 'cache'
  | 'watchers'
  | 'picture'
  | 'wantFrame'
  | 'notice'
> & {
  /** A recording has begun or ended. */
  recordingChanged(): void;
};

/**
 * Pictures a second where nobody gets the same: more would cost more and show nothing more. What a viewer gets is recorded
 * picture for picture, because what is encoded for it costs nothing then.
 */
const MAX_FPS = 30;
/** The quality of photographs that move, until they are static. */
const QUALITY = qualityOfLevel(8);
const POINTER = capabilitiesOf([PSEUDO_ENCODING.cursorWithAlpha, PSEUDO_ENCODING.pointerPos]);
const NOTHING = new Region();

/**
 * Records what is shared, whether or not somebody watches. Like a viewer it has a version of the screen, and takes the
 * difference to the present one. What a viewer of a good link is sent is recorded as it is: it is encoded once for both.
 */
export class ShareRecorder {
  readonly #host: ShareRecorderHost;
  readonly #recordings: Recordings;
  readonly #pixels = new WirePixels(BGRX);
  #cursor = new CursorState();
  #framebuffer: Framebuffer | null = null;
  /** All of the framebuffer. */
  #whole = new Region();
  #version = 0;
  #due = 0;
  /** Its own profile, as of these settings. */
  #own: { readonly level: number; readonly quality: Quality; readonly profile: EncodeProfile } | null = null;
  #costTold = false;
  #cancelTimer: (() => void) | null = null;

  constructor(host: ShareRecorderHost) {
    this.#host = host;
    const { clock, memory } = host;
    this.#recordings = new Recordings({
      ...{ clock, memory, compressors: nodeCompressors, date: unixTime },
      recordingChanged: () => this.#recordingChanged(),
      recordNext: () => this.pump(),
      refineRecording: () => this.pump(true),
      notice: (tone, text, code) => host.notice(tone, text, code),
    });
  }

  get active(): boolean {
    return this.#recordings.active;
  }

  get snapshot(): RecordingSnapshot | null {
    return this.#recordings.snapshot;
  }

  /** Whether a picture captured now would be recorded at once. */
  get wantsFrame(): boolean {
    return this.#recordings.ready && this.#host.clock.now() >= this.#due;
  }

  /** @throws PeerglassError E_RECORDING */
  begin(file: string): Promise<void> {
    return this.#recordings.begin(file);
  }

  /** Ends the recording in progress and begins another; null: only ends it. Never rejects. */
  switchTo(file: string | null): Promise<void> {
    return this.#recordings.switchTo(file);
  }

  async close(): Promise<void> {
    await this.#recordings.switchTo(null);
  }

  /**
   * Records what is new, if it can now. To be called whenever that may have changed, after the viewers had their turn.
   * @param refine the picture itself, too
   */
  pump(refine = false): void {
    if (!this.#recordings.ready) return;
    const host = this.#host;
    const now = host.clock.now();
    if (now < this.#due) this.#pumpIn(this.#due - now, refine);
    else if (!host.live || !this.#record(now, refine)) host.wantFrame();
  }

  /** @returns false: nothing is new */
  #record(now: number, refine: boolean): boolean {
    const host = this.#host;
    const screen = host.picture(true);
    this.#follow(screen.framebuffer);
    const { cuts, settings, memory } = host;
    const { width, height, bounds } = screen.framebuffer;
    const request = { bounds, requested: this.#whole, copyRect: true, refreshes: false };
    const plan = planUpdate(screen, cuts, { version: this.#version, dirty: NOTHING }, request);
    const size = { width, height, pixels: this.#pixels, memory };
    const pointer = this.#cursor.take(host.cursor, settings.cursor, POINTER, size);
    if (!plan && pointer.length === 0 && !refine) return false;
    const viewers = this.#viewersProfile();
    const profile = viewers ?? this.#ownProfile();
    const ready: ReadyPart[] = (plan?.moves ?? []).map(move => ({ kind: 'move', move }));
    const areas: Rectangle[] = [];
    for (const cell of plan?.cells ?? []) {
      const { rectangle } = cell;
      if (!viewers) areas.push(rectangle);
      else ready.push({ kind: 'encoded', rectangle, encoded: host.cache.encode(screen, cell, viewers, true) });
    }
    if (plan) this.#version = plan.version;
    if (!viewers) {
      this.#tellCost();
      this.#due = now + 1000 / Math.min(MAX_FPS, settings.fps);
      this.#pumpIn(this.#due - now, false);
    }
    this.#recordings.take({
      ...{ framebuffer: screen.framebuffer, ready, areas, pointer, profile },
      time: plan?.capturedAt ?? now,
      name: host.options.name,
      wholePointer: () => new CursorState().take(host.cursor, settings.cursor, POINTER, size),
    });
    return true;
  }

  /** After a resize the framebuffer is a new one, of which nothing is recorded. */
  #follow(framebuffer: Framebuffer): void {
    if (framebuffer === this.#framebuffer) return;
    this.#framebuffer = framebuffer;
    this.#whole = Region.of([framebuffer.bounds]);
    this.#version = 0;
    this.#cursor = new CursorState();
  }

  #recordingChanged(): void {
    this.#framebuffer = null;
    this.#costTold = false;
    this.#due = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#host.recordingChanged();
  }

  #pumpIn(ms: number, refine: boolean): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#host.clock.after(ms, () => {
      this.#cancelTimer = null;
      this.pump(refine);
    });
  }

  /** Says once that recording costs as much as one more viewer, where there are others. */
  #tellCost(): void {
    if (this.#costTold || this.#host.watchers.length === 0) return;
    this.#costTold = true;
    this.#host.notice(
      'info',
      'the recording is encoded by itself: no viewer gets pictures of its quality in its format',
    );
  }

  /** A profile that a viewer is served with, where it is good enough; null: there is none. */
  #viewersProfile(): EncodeProfile | null {
    const quality = qualityFor(this.#host.settings.quality);
    for (const { encodeProfile } of this.#host.watchers) {
      if (encodeProfile && this.#serves(encodeProfile, quality)) return encodeProfile;
    }
    return null;
  }

  #ownProfile(): EncodeProfile {
    const { level, quality } = this.#host.settings;
    if (this.#own?.level !== level || this.#own.quality !== quality) {
      const encodings = numbersToList('cosine');
      const profile = chooseProfile(encodings, this.#pixels, level, qualityFor(quality), nodeCompressors);
      this.#own = { level, quality, profile };
    }
    return this.#own.profile;
  }

  #serves({ encoding, pixels, jpeg }: EncodeProfile, quality: JpegQuality | null): boolean {
    if ((encoding !== 'tight' && encoding !== 'cosine') || pixels.key !== this.#pixels.key) return false;
    return jpeg === null || (quality !== null && jpeg.quality >= quality.quality && jpeg.subsampling !== 'grey');
  }
}

function qualityFor(chosen: Quality): JpegQuality | null {
  if (chosen === 'lossless') return null;
  return chosen === 'auto' ? QUALITY : qualityOfPercent(chosen);
}
