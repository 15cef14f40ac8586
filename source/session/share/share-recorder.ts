import type { EncodeProfile } from '../../codecs/encode/encode-profile.js';
import type { JpegQuality } from '../../codecs/jpeg/jpeg-library.js';
import type { Rectangle } from '../../core/rectangle.js';
import { unixTime } from '../../node/clock.js';
import { nodeCompressors } from '../../node/compressors.js';
import { Recordings } from '../recording/recordings.js';
import type { ReadyPart } from '../recording/screen-recorder.js';
import type { RecordingSnapshot } from '../snapshot.js';
import { HOLD_FILM_MS, type MissingChange, PictureCursor, qualityFor } from './picture-cursor.js';
import { ViewerVideo } from './rfb/viewer-video.js';
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
  | 'film'
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
 * So is a film that somebody is sent as video.
 */
export class ShareRecorder {
  readonly #host: ShareRecorderHost;
  readonly #recordings: Recordings;
  readonly #cursor: PictureCursor;
  readonly #video: ViewerVideo;
  #due = 0;
  #costTold = false;
  #cancelTimer: (() => void) | null = null;

  constructor(host: ShareRecorderHost) {
    this.#host = host;
    this.#cursor = new PictureCursor(host);
    const { clock, memory } = host;
    const { video } = host.options;
    this.#recordings = new Recordings({
      ...{ clock, memory, compressors: nodeCompressors, date: unixTime },
      recordingChanged: () => this.#recordingChanged(),
      recordNext: () => this.pump(),
      refineRecording: () => this.pump(true),
      notice: (tone, text, code) => host.notice(tone, text, code),
    });
    this.#video = new ViewerVideo(host.film, this.#cursor, this.#recordings, this.#cursor, {
      ...{ mode: video === 'auto' ? 'others' : video, holdMs: HOLD_FILM_MS, now: () => clock.now() },
      // What others are sent.
      budget: () => ({ bytesPerSecond: null, forFilm: Number.POSITIVE_INFINITY }),
      filmPerPixel: () => null,
      readyInMs: now => (this.#recordings.ready ? Math.max(this.#due - now, 0) : Number.POSITIVE_INFINITY),
      pump: () => this.pump(),
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
    this.#video.close();
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
    // What was written at once is followed by nothing.
    else if (!host.live || !this.#record(now, refine) || this.#recordings.ready) host.wantFrame();
    this.#video.pumpStreams();
  }

  /** @returns false: nothing is new */
  #record(now: number, refine: boolean): boolean {
    const host = this.#host;
    const missing = this.#cursor.take(now, refine, this.#video);
    if (!missing) return false;
    const { screen, plan, film, exact, pointer, wholePointer } = missing;
    const viewers = this.#viewersProfile();
    const { ready, areas } = this.#partsOf(missing, viewers);
    if (!viewers && areas.length > 0) {
      this.#tellCost();
      this.#due = now + 1000 / Math.min(MAX_FPS, host.settings.fps);
      this.#pumpIn(this.#due - now, false);
    }
    const begins = this.#recordings.take({
      ...{ framebuffer: screen.framebuffer, ready, areas, exact, pointer, wholePointer },
      films: () => this.#video.parts,
      profile: viewers ?? this.#cursor.ownProfile,
      time: plan?.capturedAt ?? film?.picture.capturedAt ?? now,
      name: host.options.name,
    });
    if (begins) this.#video.restart();
    return true;
  }

  /** @param viewers a profile that a viewer is served with; null: what is new is encoded for the recording alone */
  #partsOf(
    { screen, plan, film }: MissingChange,
    viewers: EncodeProfile | null,
  ): { readonly ready: readonly ReadyPart[]; readonly areas: readonly Rectangle[] } {
    const ready: ReadyPart[] = (plan?.moves ?? []).map(move => ({ kind: 'move', move }));
    if (film) ready.push({ kind: 'film', ...film.picture.encoded, masks: film.masks });
    if (!viewers) return { ready, areas: (plan?.cells ?? []).map(({ rectangle }) => rectangle) };
    const { cache } = this.#host;
    for (const cell of plan?.cells ?? []) {
      const { rectangle } = cell;
      ready.push({ kind: 'encoded', rectangle, encoded: cache.encode(screen, cell, viewers, true) });
    }
    return { ready, areas: [] };
  }

  #recordingChanged(): void {
    this.#cursor.restart();
    if (this.active) this.#video.encodingChanged();
    else this.#video.rest();
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
