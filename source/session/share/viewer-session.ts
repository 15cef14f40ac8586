import type { LinkUse } from '../../analysis/bottleneck.js';
import type { PlacedCursor } from '../../capture/capture-source.js';
import type { EncodeProfile } from '../../codecs/encode/encode-profile.js';
import type { Clock } from '../../core/clock.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { Region } from '../../pixels/region.js';
import type { ScreenView } from '../../pixels/screen.js';
import type { ProvenViewer, Standing } from '../../protocols/rfb/security/cpace-platform.js';
import type { LivenessLimits } from '../../transport/liveness.js';
import type { Announcement } from '../announcement.js';
import type { EncodingChoice } from '../bakeoff.js';
import type { Inspection } from '../inspect/inspection.js';
import type { Listening } from '../messages.js';
import type { CursorPolicy, Quality, ShareOptions } from '../share-options.js';
import type { ViewerSnapshot } from '../snapshot.js';
import type { LinkRate } from '../stats/link-figures.js';
import type { ShareFigures } from '../stats/share-figures.js';
import type { EncodeTrial } from './bakeoff/encode-trial.js';
import type { Refusal } from './consent.js';
import type { LevelProbe } from './level-probe.js';
import type { UplinkUser } from './rate/uplink.js';
import type { RateBudget } from './rate/viewer-rate.js';
import type { CellCuts } from './rfb/cells.js';
import type { EncodeCache } from './rfb/encode-cache.js';
import type { ShareFilm } from './video/share-film.js';

/**
 * Settings that the person can change while sharing. Always read the current ones: `onSettings` only reports that
 * something changed.
 */
export interface ShareSettings {
  readonly level: number;
  readonly quality: Quality;
  /** The frame rate cap. */
  readonly fps: number;
  /** What each viewer may be sent at most, and all together, in bytes a second; null: no limit. */
  readonly maxRate: number | null;
  readonly uplink: number | null;
  readonly cursor: CursorPolicy;
  readonly paused: boolean;
}

/**
 * silent: it has proved nothing yet; typing: it has a challenge, which a person may be answering; settled: it has
 * answered, or waits for the user's consent, or is watching.
 */
export type Admission = 'silent' | 'typing' | 'settled';

/**
 * One viewer, whatever its protocol: it tracks which version of the screen it has, and sends itself the difference when
 * it can take it.
 */
export interface ViewerSession extends UplinkUser {
  readonly id: number;
  /** Without port; IPv4 in dotted notation. */
  readonly address: string;
  readonly state: ViewerSnapshot['state'];
  /** Who it has proven to be; null: nobody. */
  readonly proven: ProvenViewer | null;
  /** What its connection has to show for itself; which one gives way depends on it. */
  readonly admission: Admission;
  /**
   * Whether it would send a picture captured now without much delay. The screen is only captured while some viewer
   * wants a frame; a viewer whose answer becomes true calls `ShareHost.wantFrame`.
   */
  readonly wantsFrame: boolean;
  /** Whether a small change would be sent now, although a larger picture is on its way. */
  readonly takesSmall: boolean;
  /**
   * What its person is called by their own account, else its machine by the name servers nearby: no proof of who is there.
   * Null: unknown.
   */
  readonly name: string | null;
  /** What it may be sent, from what its link carries; null before it watches, and where it cannot be known. */
  readonly budget: RateBudget | null;
  /** How its rectangles are encoded; null before it watches, and where all viewers get the same. */
  readonly encodeProfile: EncodeProfile | null;
  /** The picture has a new version or, after a change of size or source, is another object. */
  onPicture(): void;
  /** The pointer moved or changed its shape. */
  onCursor(): void;
  /** The settings or the announcement changed. */
  onSettings(): void;
  snapshot(): ViewerSnapshot;
  /** The use of its link; `now` is on the share's clock. */
  link(now: number): LinkUse;
  /** Copies of the last frames, for a trial of every encoding that it supports; null while there is no picture. */
  trial(): EncodeTrial | null;
  /** The estimates that predictions are based on. */
  linkEstimate(): LinkEstimate;
  /**
   * Uses the chosen encoding from now on; null: the default again.
   * @returns false if it cannot be chosen per viewer, because all viewers of the protocol share their frames
   */
  encodeAs(choice: EncodingChoice | null): boolean;
  /**
   * What it may be sent at most from now on, in bytes a second; null: no limit.
   * @returns false if it cannot be limited
   */
  limitRate(rate: number | null): boolean;
  /**
   * Ends the connection; `ShareHost.left` is called once the socket is closed.
   * @param farewell told to the viewer, if its protocol allows; null: it may come back
   */
  close(farewell: Announcement | null): void;
  /** Closes the connection at once and drops unsent data. The viewer is told why if its protocol allows that now. */
  cut(reason: string): void;
}

/** Estimates of a viewer's link. */
export interface LinkEstimate {
  readonly rate: LinkRate | null;
  readonly rttMs: number | null;
  /** Whether the next frame may be encoded while the last one is in flight. */
  readonly overlapped: boolean;
}

/** Listens for one protocol, and makes a ViewerSession of each connection. */
export interface ViewerListener {
  /**
   * @returns every port that it listens on
   * @throws PeerglassError E_PORT_IN_USE, E_ADDRESS_NOT_LOCAL, E_BIND_PERMISSION, E_LISTEN
   */
  listen(): Promise<readonly Listening[]>;
  /** Stops listening and ends its viewers. @param farewell as `ViewerSession.close` */
  close(farewell: Announcement | null): Promise<void>;
}

/** The share, as its listeners and viewers see it. */
export interface ShareHost {
  readonly options: ShareOptions;
  readonly settings: ShareSettings;
  /** The state of the share, as announced to viewers. */
  readonly announcement: Announcement;
  readonly clock: Clock;
  /** After how long an unresponsive viewer is reported and disconnected. */
  readonly liveness: LivenessLimits;
  /** The memory of the picture and of the encoders. */
  readonly memory: PixelMemory;
  readonly figures: ShareFigures;
  /** Records messages and bytes for the inspector. */
  readonly inspection: Inspection;
  /** How commits are cut, and what is encoded: once for all viewers, and for a recording. */
  readonly cuts: CellCuts;
  readonly cache: EncodeCache;
  /** Where films are, and what encodes them. */
  readonly film: ShareFilm;
  /** Whether the share is recorded, which viewers are told. */
  readonly recorded: boolean;
  /** Measures other deflate levels now and then. */
  readonly levels: LevelProbe;
  /** Null before the source reported one. */
  readonly cursor: PlacedCursor | null;
  /**
   * The picture for a viewer that draws the pointer itself, or for one that cannot: then the pointer is painted in, if
   * the cursor policy is `shown`. May be another object after `onPicture` and `onSettings`.
   */
  picture(drawsPointer: boolean): ScreenView;
  /**
   * Whether the picture is current. It is not before the first capture after a time without viewers or after a resize:
   * until then it must not be sent. `onPicture` follows once it is.
   */
  readonly live: boolean;
  /** A capture is running: `onPicture` follows. */
  readonly capturing: boolean;
  /** What has changed since it was captured, as far as it will be captured; null: nothing. */
  readonly uncaptured: Region | null;
  /** A capture is running, or begins as soon as `wantFrame` is called: `onPicture` follows. */
  readonly captureNext: boolean;
  /** The viewers that are watching, on all listeners. */
  readonly watchers: readonly ViewerSession[];
  /** What the machine at an address is called, as far as it is known by now; null: unknown. */
  nameOf(address: string): string | null;
  /** What is known of a viewer with that key. */
  standing(fingerprint: string): Standing;
  /** Whether it was remembered when `standing` was last asked, or the person has it remembered since. */
  isRemembered(fingerprint: string): boolean;
  nextViewerId(): number;
  /**
   * Whether another connection from this address fits the limits; a silent connection may be closed to make room. To be
   * called before anything is allocated for the connection.
   * @param asks whether `consent` will be called for it
   */
  room(address: string, asks: boolean): boolean;
  /** Registers a new connection, whose end must be reported to `left` exactly once. */
  admit(viewer: ViewerSession): void;
  /** Why an address is refused, for the viewer's person; null: it is not. */
  refusal(address: string): string | null;
  /**
   * Whether the viewer may watch, or why not: asks the person if the access policy requires it, and refuses after 30 s
   * without an answer or when the viewer leaves. Until then nothing of the picture may be sent.
   * @param gaveCode it gave the right code, but many wrong ones are being tried
   */
  consent(viewer: ViewerSession, gaveCode: boolean): Promise<Refusal | null>;
  /** The viewer has been accepted: capture starts with the first one. */
  watching(viewer: ViewerSession): void;
  /** The connection is closed. The reason is for the person; null: it simply ended. */
  left(viewer: ViewerSession, reason: string | null): void;
  wantFrame(): void;
  /** Ends the share because of an internal error. */
  fail(error: unknown): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

export type CreateViewerListener = (host: ShareHost) => ViewerListener;
