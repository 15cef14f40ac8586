import type { Limit } from '../analysis/bottleneck.js';
import type { ErrorReport } from '../core/errors.js';
import type { Announcement } from './announcement.js';
import type { SentAs } from './bakeoff.js';
import type { Quality } from './share-options.js';
import type { Scale, WatchWire } from './watch-options.js';

/**
 * What the link is doing, as plain data: the dashboards draw it, `--json` prints it, `--log` keeps it. Field names and
 * meanings are a contract (see "Figures" in docs/reference.md). Rates are over the last second. Times are milliseconds.
 */
interface CommonSnapshot {
  /** Unix time in milliseconds. */
  readonly t: number;
  /** Frames delivered a second (share: the mean of all watching viewers). */
  readonly fps: number;
  /** Mean bytes of the frames in the last second, headers included. */
  readonly bytesPerFrame: number;
  /** Raw RGB bytes of the frames delivered / bytes sent for them, over the last second that had a frame. */
  readonly compressionRatio: number;
  readonly mbitPerSecond: number;
  /** Since the session began. */
  readonly frames: number;
  readonly bytes: number;
  /** From the change on the sharer's screen until the viewer has processed it; null: unknown on this protocol. */
  readonly latencyMs: { readonly p50: number; readonly p95: number } | null;
  /** What limits the frame rate, and the same in one line with its figures; null before there is anything to say. */
  readonly limit: Limit | null;
  readonly bottleneck: string | null;
  /** Of one core, this process and its children of the session. */
  readonly cpuPercent: number;
  readonly rssMb: number;
  /** How many threads work on pixels: --threads, or what the machine has free. */
  readonly threads: number;
  /** Null: nothing is exported. */
  readonly export: ExportSnapshot | null;
  /** Null: the session is not recorded. */
  readonly recording: RecordingSnapshot | null;
}

/** A recording of the picture that is being written. */
export interface RecordingSnapshot {
  readonly file: string;
  readonly bytes: number;
  /** How long it is. */
  readonly ms: number;
}

/** A broadcast, as far as its sharer knows it: who watches behind a cache is not seen. */
export interface SharedBroadcastFigures {
  /** asleep: no cache has asked for anything for a while, so nobody watches and nothing is sent. */
  readonly state: 'live' | 'paused' | 'ended' | 'asleep';
  /** Caches that read it now. */
  readonly readers: number;
  /** Of what each of them is sent, whole pictures apart. */
  readonly mbitPerSecond: number;
  /** From the change on the screen until the system had taken it for the first cache; null: nothing was sent lately. */
  readonly ageMs: number | null;
  /** The number of the newest segment. */
  readonly segment: number | null;
}

export interface SharedBroadcastSnapshot extends SharedBroadcastFigures {
  /** For viewers. It holds the key, so it goes into no log. */
  readonly link: string;
  /** The server that it is published on by ssh. */
  readonly server: string | null;
}

/** A connection as the system's TCP sees it. Times are milliseconds, sizes bytes, the rate bytes a second. */
export interface TcpSnapshot {
  readonly rttMs: number;
  /** How long ago that was measured: an idle link is not. */
  readonly rttAgeMs: number;
  /** TCP's smoothed variation of the round trip (rttvar). */
  readonly rttVarMs: number;
  readonly minRttMs: number;
  /** In segments; a threshold of null was never set: nothing was lost yet. */
  readonly congestionWindow: number;
  readonly slowStartThreshold: number | null;
  /** The most payload of one segment (MSS). */
  readonly segmentSize: number;
  /** Segments retransmitted since the connection began. */
  readonly retransmits: number;
  readonly deliveryRate: number;
  /** Handed to the system and not yet sent; sent and not yet acknowledged. */
  readonly unsentBytes: number;
  readonly unackedBytes: number;
}

/** Traffic that is being written to a file for Wireshark. */
export interface ExportSnapshot {
  readonly file: string;
  readonly packets: number;
  /** Real packets, or made from the bytes that this end saw because packets cannot be captured here. */
  readonly kind: 'captured' | 'synthesised';
}

/** suspended: what is shared is gone or hidden, and viewers keep the last picture. */
export type ShareState = 'starting' | 'listening' | 'asleep' | 'asking' | 'sharing' | 'paused' | 'suspended' | 'ended';

export interface ViewerSnapshot {
  readonly id: number;
  readonly address: string;
  /** The name of its machine as the name servers nearby tell it, which is no proof; null: unknown. */
  readonly name: string | null;
  readonly wire: 'classic' | 'rfb';
  /** web: over a WebSocket, as from the page. */
  readonly via: 'tcp' | 'web';
  /** As it says itself, e.g. "Firefox 153"; null: no browser, or an unknown one. */
  readonly browser: string | null;
  readonly encryption: string | null;
  /** The SHA-256 of the key that it has proven to have, in lower-case hex; null: none. */
  readonly identity: string | null;
  /** Whether it comes in by that key alone. */
  readonly remembered: boolean;
  /** asking: no pixel was sent, the sharer has not agreed yet. */
  readonly state: 'handshake' | 'asking' | 'watching';
  readonly connectedAt: number;
  readonly fps: number;
  readonly mbitPerSecond: number;
  /** What the sharer lets it be sent at most, in Mbit/s; null: no limit. */
  readonly maxMbit: number | null;
  /** What it may be sent by its link, that limit, its own wish and its share of the uplink; null: unknown. */
  readonly budgetMbit: number | null;
  /** The JPEG quality of photographs where its link has no room for what it asks for; null: it has. */
  readonly photoQuality: number | null;
  readonly rttMs: number | null;
  /** How long ago that was measured; null with it. */
  readonly rttAgeMs: number | null;
  /** How long it has not answered what it should have; null while it does. */
  readonly silentMs: number | null;
  readonly unsentBytes: number;
  /** Frames never sent, because this viewer was too slow. */
  readonly skipped: number;
  readonly frames: number;
  readonly bytes: number;
  /** Rectangles sent by encoding, e.g. {tight: 120, copyrect: 4}; empty in the classic protocol. */
  readonly encodings: Readonly<Record<string, number>>;
  /** Its encoding; null before it watches. */
  readonly sentAs: SentAs | null;
  /** Null where the system does not tell (other than Linux). */
  readonly tcp: TcpSnapshot | null;
}

/** One bit rate at which a film is sent, and for how many viewers. */
export interface VideoStreamSnapshot {
  /** What it is encoded for. */
  readonly mbitPerSecond: number;
  readonly pictureRate: number;
  readonly viewers: number;
}

/** Films that are sent as video. */
export interface VideoSnapshot {
  /** What encodes them, e.g. "x264 164"; null: nothing was needed yet, or there is none. */
  readonly encoder: string | null;
  /** Where films are now, whether or not somebody is sent them as video. */
  readonly regions: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly streams: readonly VideoStreamSnapshot[];
  }[];
  /** Encoded since the session began: pictures, those of them that decode without others, and their bytes. */
  readonly pictures: number;
  readonly idrs: number;
  readonly bytes: number;
}

export interface SlowestViewer {
  /** Of ViewerSnapshot. */
  readonly id: number;
  readonly address: string;
  readonly fps: number;
  readonly limit: Limit;
  /** One line with the figures that support it. */
  readonly text: string;
}

export interface ShareSnapshot extends CommonSnapshot {
  readonly role: 'share';
  readonly state: ShareState;
  readonly source: {
    readonly kind: string;
    /** What is shared, e.g. "monitor HDMI-1 (1920x1080)". */
    readonly description: string;
    /** Why that source, e.g. "X11 display :0 answers". */
    readonly why: string;
    readonly width: number;
    readonly height: number;
  } | null;
  /** Why what is shared cannot be seen for now (E_SOURCE_GONE, E_SOURCE_HIDDEN, E_DISPLAY_HUNG), or null. */
  readonly missing: ErrorReport | null;
  readonly level: number;
  readonly quality: Quality;
  readonly fpsCap: number;
  /** What all viewers together are sent at most, in Mbit/s; null: no limit. */
  readonly uplinkMbit: number | null;
  readonly cursor: boolean;
  readonly stagesMs: {
    readonly capture: number;
    readonly detect: number;
    readonly encode: number;
    readonly send: number;
  };
  readonly viewers: readonly ViewerSnapshot[];
  /** Null: it is not shared as a broadcast. */
  readonly broadcast: SharedBroadcastSnapshot | null;
  /** New pictures captured a second: the rate of a viewer that keeps up. */
  readonly publishedFps: number;
  /** The viewer that falls behind most, and the reason; null: all keep up. */
  readonly slowest: SlowestViewer | null;
  /** Frames sent because something changed, and frames only repeated to keep the original viewer alive. */
  readonly changedFrames: number;
  readonly repeatedFrames: number;
  /** Pixels read from the screen, and pixels that really differed, since the session began. */
  readonly capturedPixels: number;
  readonly changedPixels: number;
  /** Calls of the compressors, and encoded buffers that were written to two or more sockets. */
  readonly encodedRectangles: number;
  readonly sharedRectangles: number;
  readonly video: VideoSnapshot;
}

/** How far a viewer of a broadcast is. */
export interface BroadcastSnapshot {
  /**
   * How old the picture is when it comes, over the best that ever came, since the clocks of both ends are never
   * compared; null: not known yet.
   */
  readonly ageMs: { readonly p50: number; readonly p95: number } | null;
  /** The number of the segment that is read; null before the first one. */
  readonly segment: number | null;
  /** The number of the update that is shown: the same picture for all viewers of a share; 0 before the first one. */
  readonly update: number;
  /** How often this viewer was so far behind that it went on with the newest picture. */
  readonly jumps: number;
  /** Whether the link is too slow for the moving picture, so that only still ones are taken. */
  readonly still: boolean;
}

export type WatchState = 'connecting' | 'waiting' | 'watching' | 'frozen' | 'reconnecting' | 'ended';

export interface WatchSnapshot extends CommonSnapshot {
  readonly role: 'watch';
  readonly state: WatchState;
  readonly peer: string;
  readonly wire: WatchWire | null;
  /** Null: no broadcast is watched. */
  readonly broadcast: BroadcastSnapshot | null;
  readonly encryption: string | null;
  /** The name that the sharer gave its screen (rfb). */
  readonly name: string | null;
  /**
   * The sharer's report about the share, e.g. that it is paused; null if there is none (other VNC servers, classic).
   */
  readonly sharer: Announcement | null;
  /** How film is decoded, e.g. "H.264 by libavcodec 59.37"; null: none has come. */
  readonly video: string | null;
  /** How long the sharer has not answered what it should have; null while it does. */
  readonly silentMs: number | null;
  readonly width: number;
  readonly height: number;
  readonly level: number | null;
  readonly quality: Quality;
  /** How the window shows the picture, and whether the pointer is drawn: keys of the window change them too. */
  readonly scale: Scale;
  readonly cursor: boolean;
  readonly stagesMs: { readonly receive: number; readonly decode: number; readonly present: number };
  /** Frames never decoded, because a later one had already arrived. `frames` includes them. */
  readonly skipped: number;
  readonly encodings: Readonly<Record<string, number>>;
  /** Null without a connection, and where the system does not tell (other than Linux). */
  readonly tcp: TcpSnapshot | null;
}

export type PlaySessionState = 'opening' | 'playing' | 'paused' | 'ended';

/** A recording that is played. */
export interface PlaySnapshot {
  /** Unix time in milliseconds. */
  readonly t: number;
  readonly role: 'play';
  readonly state: PlaySessionState;
  readonly file: string;
  /** Its length in bytes. */
  readonly bytes: number;
  /** The name of the screen that was recorded. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** From its beginning, and all of it. */
  readonly positionMs: number;
  readonly durationMs: number;
  /** Unix time of its beginning. */
  readonly recordedAt: number;
  /** The number of the update that is shown, and of the last one. */
  readonly update: number;
  readonly updates: number;
  /** False: it was cut off, or is still being written. */
  readonly complete: boolean;
  readonly speed: number;
  readonly skipStill: boolean;
  /** Pictures shown a second, and since the session began. */
  readonly fps: number;
  readonly frames: number;
  readonly stagesMs: { readonly decode: number; readonly present: number };
  readonly scale: Scale;
  readonly cpuPercent: number;
  readonly rssMb: number;
  /** How many threads decode: --threads, or what the machine has free. */
  readonly threads: number;
}

export type Snapshot = ShareSnapshot | WatchSnapshot;
