import type { EncodeProfile } from '../../codecs/encode/encode-profile.js';
import type { JpegQuality } from '../../codecs/jpeg/jpeg-library.js';
import type { Rectangle } from '../../core/rectangle.js';
import { unixTime } from '../../node/clock.js';
import { nodeCompressors } from '../../node/compressors.js';
import { Recordings } from '../recording/recordings.js';
import type { ReadyPart } from '../recording/screen-recorder.js';
import type { RecordingSnapshot } from '../snapshot.js';
import { PictureCursor, qualityFor } from './picture-cursor.js';
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

/**
 * Records what is shared, whether or not somebody watches. Like a viewer it has a version of the screen, and takes the
 * difference to the present one. What a viewer of a good link is sent is recorded as it is: it is encoded once for both.
 */
export class ShareRecorder {
  readonly #host: ShareRecorderHost;
  readonly #recordings: Recordings;
  readonly #cursor: PictureCursor;
  #due = 0;
  #costTold = false;
  #cancelTimer: (() => void) | null = null;

  constructor(host: ShareRecorderHost) {
    this.#host = host;
    this.#cursor = new PictureCursor(host);
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
    const missing = this.#cursor.take(refine);
    if (!missing) return false;
    const { screen, plan, pointer, wholePointer } = missing;
    const viewers = this.#viewersProfile();
    const profile = viewers ?? this.#cursor.ownProfile;
    const ready: ReadyPart[] = (plan?.moves ?? []).map(move => ({ kind: 'move', move }));
    const areas: Rectangle[] = [];
    for (const cell of plan?.cells ?? []) {
      const { rectangle } = cell;
      if (!viewers) areas.push(rectangle);
      else ready.push({ kind: 'encoded', rectangle, encoded: host.cache.encode(screen, cell, viewers, true) });
    }
    if (!viewers) {
      this.#tellCost();
      this.#due = now + 1000 / Math.min(MAX_FPS, host.settings.fps);
      this.#pumpIn(this.#due - now, false);
    }
    this.#recordings.take({
      ...{ framebuffer: screen.framebuffer, ready, areas, pointer, profile },
      time: plan?.capturedAt ?? now,
      name: host.options.name,
      wholePointer,
    });
    return true;
  }

  #recordingChanged(): void {
    this.#cursor.restart();
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
    this.#host.notice('info', 'the recording is encoded separately: no viewer gets the same quality and format');
  }

  /** A profile that a viewer is served with, where it is good enough; null: there is none. */
  #viewersProfile(): EncodeProfile | null {
    const quality = qualityFor(this.#host.settings.quality);
    for (const { encodeProfile } of this.#host.watchers) {
      if (encodeProfile && this.#serves(encodeProfile, quality)) return encodeProfile;
    }
    return null;
  }

  #serves({ encoding, pixels, jpeg }: EncodeProfile, quality: JpegQuality | null): boolean {
    if ((encoding !== 'tight' && encoding !== 'cosine') || pixels.key !== this.#cursor.pixels.key) return false;
    return jpeg === null || (quality !== null && jpeg.quality >= quality.quality && jpeg.subsampling !== 'grey');
  }
}
