import type { LinkUse } from '../../analysis/bottleneck.js';
import type { PlacedCursor } from '../../capture/capture-source.js';
import type { Clock } from '../../core/clock.js';
import type { PixelMemory } from '../../pixels/pixel-memory.js';
import type { ScreenView } from '../../pixels/screen.js';
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

/** What the person may change while sharing. Read anew each time: `onSettings` says that something did change. */
export interface ShareSettings {
  readonly level: number;
  readonly quality: Quality;
  /** The cap on frames a second. */
  readonly fps: number;
  readonly cursor: CursorPolicy;
  readonly paused: boolean;
}

/** One viewer, whatever its wire: a cursor over the screen's versions that sends itself what it lacks, when it can take it. */
export interface ViewerSession {
  readonly id: number;
  /** Without port; IPv4 in its own notation. */
  readonly address: string;
  readonly state: ViewerSnapshot['state'];
  /**
   * Whether it would send a picture captured now without much delay. The screen is read only while some viewer says so;
   * when the answer turns to yes it calls `ShareHost.wantFrame`.
   */
  readonly wantsFrame: boolean;
  /** The picture has a new version, or (after a change of size or of the shared part) is another one. */
  onPicture(): void;
  /** The pointer moved or has another shape. */
  onCursor(): void;
  /** The settings or the announcement are other ones. */
  onSettings(): void;
  snapshot(): ViewerSnapshot;
  /** How the way to it was used; `now` is on the share's clock. */
  link(now: number): LinkUse;
  /** Copies of the last frames, to be encoded in every way that it can take; null while there is no picture. */
  trial(): EncodeTrial | null;
  /** What a prediction for it may go by. */
  linkEstimate(): LinkEstimate;
  /**
   * Encodes for it as chosen from now on, or as before again.
   * @returns false where it has nothing of its own to choose: all viewers of its wire are sent the same
   */
  encodeAs(choice: EncodingChoice | null): boolean;
  /** Ends the connection; `ShareHost.left` is called once the socket is closed. */
  close(): void;
  /** Ends it at once, whatever was still to be sent. */
  cut(): void;
}

/** What is known of the way to a viewer. */
export interface LinkEstimate {
  readonly rate: LinkRate | null;
  readonly rttMs: number | null;
  /** Whether the next frame may be encoded while the last one is on its way. */
  readonly overlapped: boolean;
}

/** One way to reach viewers: listens, and makes a ViewerSession of each connection. */
export interface ViewerListener {
  /** @throws PeerglassError E_PORT_IN_USE, E_ADDRESS_NOT_LOCAL, E_BIND_PERMISSION, E_LISTEN */
  listen(): Promise<Listening>;
  /** Stops listening and ends its viewers. */
  close(): Promise<void>;
}

/** What a share gives its wires. */
export interface ShareHost {
  readonly options: ShareOptions;
  readonly settings: ShareSettings;
  /** How the share is doing, as viewers are told. */
  readonly announcement: Announcement;
  readonly clock: Clock;
  /** When a viewer that does not answer is missed. */
  readonly liveness: LivenessLimits;
  /** Where the picture lies, and where encoders may put theirs. */
  readonly memory: PixelMemory;
  readonly figures: ShareFigures;
  /** What a wire tells of its messages and bytes, for those who look. */
  readonly inspection: Inspection;
  /** Asks wires now and then to try other deflate levels. */
  readonly levels: LevelProbe;
  /** Null before the first report. */
  readonly cursor: PlacedCursor | null;
  /**
   * The picture for a viewer that draws the pointer itself, or for one that cannot: then the pointer is painted in, where
   * the cursor policy is `shown`. May be another object after `onPicture` and `onSettings`.
   */
  picture(drawsPointer: boolean): ScreenView;
  /**
   * Whether the picture is of the present. It is not before the first capture after a time without viewers, or of
   * another size: until then nothing of it may be sent. `onPicture` follows when it is.
   */
  readonly live: boolean;
  /** The screen is being read: `onPicture` is about to follow, unless nothing has changed. */
  readonly capturing: boolean;
  /** Those who watch, on all wires. */
  readonly watchers: readonly ViewerSession[];
  nextViewerId(): number;
  /**
   * Whether there is room for another connection from that address; a silent one may have given way to it. To be asked
   * before anything is made for the connection.
   * @param asks whether `consent` will be asked for it
   */
  room(address: string, asks: boolean): boolean;
  /** Counts a new connection in, which is reported to `left` exactly once. */
  admit(viewer: ViewerSession): void;
  /** Why nobody from an address is let in, as the viewer's person reads it; null: they are. */
  refusal(address: string): string | null;
  /**
   * Whether the viewer may see pixels, or why not: asks the sharer where the access policy says so, and refuses after 30 s
   * without an answer, or when the viewer leaves. Until then a viewer must not be sent a byte of the picture.
   */
  consent(viewer: ViewerSession): Promise<Refusal | null>;
  /** The viewer watches from now on: capture starts with the first one. */
  watching(viewer: ViewerSession): void;
  /** The connection is closed. The reason is null when it simply ended, else what the person should read. */
  left(viewer: ViewerSession, reason: string | null): void;
  wantFrame(): void;
  /** A fault of peerglass itself in a wire: the share ends with it. */
  fail(error: unknown): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

export type CreateViewerListener = (host: ShareHost) => ViewerListener;
