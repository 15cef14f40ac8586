import type { ErrorReport } from '../core/errors.js';
import type { BakeoffReport, EncodingChoice } from './bakeoff.js';
import type { MessageRecord } from './inspect/message-record.js';
import type { PlayOptions } from './play-options.js';
import type { Quality, ShareTarget } from './share-options.js';
import type { PlaySnapshot, ShareSnapshot, WatchSnapshot } from './snapshot.js';
import type { Scale, WatchOptions } from './watch-options.js';

/** Commands of both roles for the inspection of their traffic. */
export type InspectCommand =
  /** Whether protocol messages are shown: only then `messages` events are sent. */
  | { readonly type: 'inspect'; readonly messages: boolean }
  /** Begins to write the session's traffic to a pcapng file, or ends that. */
  | { readonly type: 'export'; readonly file: string | null };

/** Commands of both roles. */
export type CommonCommand =
  | InspectCommand
  /** Begins to record the picture, or ends that. */
  | { readonly type: 'record'; readonly file: string | null }
  | { readonly type: 'level'; readonly level: number }
  | { readonly type: 'quality'; readonly quality: Quality }
  | { readonly type: 'cursor'; readonly shown: boolean }
  | { readonly type: 'save-picture'; readonly file: string }
  | { readonly type: 'reset-figures' }
  | { readonly type: 'stop' };

/** Events of both roles. */
export type CommonEvent =
  /** Something that the person should read once, e.g. "192.168.1.86 connected". */
  | {
      readonly type: 'notice';
      readonly tone: 'info' | 'good' | 'warning';
      readonly text: string;
      readonly code?: string;
    }
  /** Protocol messages since the last such event, at most four times a second. */
  | { readonly type: 'messages'; readonly records: readonly MessageRecord[] }
  /** The session is over. With an error it failed; the UI shows it and goes back to the menu. */
  | { readonly type: 'ended'; readonly error: ErrorReport | null; readonly frames: number };

/** UI -> share worker. Each takes effect from the next frame. */
export type ShareCommand =
  | CommonCommand
  | { readonly type: 'fps'; readonly fps: number }
  /** What all viewers together may be sent at most, and one of them, in bytes a second; null: no limit. */
  | { readonly type: 'uplink'; readonly rate: number | null }
  | { readonly type: 'viewer-rate'; readonly viewer: number; readonly rate: number | null }
  | { readonly type: 'pause'; readonly paused: boolean }
  | { readonly type: 'target'; readonly target: ShareTarget }
  /** The answer to a viewer that asks. `all` also admits all later viewers of this session. */
  | { readonly type: 'consent'; readonly viewer: number; readonly answer: 'yes' | 'no' | 'all' }
  /** Disconnects a viewer and blocks its address for a moment, because its program may reconnect by itself. */
  | { readonly type: 'kick'; readonly viewer: number }
  /**
   * Bans a viewer for this session, by its key where it has one, else by its address (IPv6 from another network: its
   * /64), and disconnects all that this means.
   */
  | { readonly type: 'ban'; readonly viewer: number }
  /** Has a viewer remembered by its key, or forgotten again: who is remembered needs no code and is not asked about. */
  | { readonly type: 'remember'; readonly viewer: number; readonly remembered: boolean }
  /**
   * Tries every encoding that a viewer supports on the last frames; `bakeoff` events report the results. `viewer` null:
   * the first viewer. A running bake-off ends. `link` is in bytes per second: null if unknown, left out to use the
   * measured rate.
   */
  | { readonly type: 'bakeoff'; readonly viewer: number | null; readonly link?: number | null }
  | { readonly type: 'end-bakeoff' }
  /** A viewer's encoding from now on. A level or quality that is later chosen for all viewers overrides it. */
  | { readonly type: 'encode-as'; readonly viewer: number; readonly choice: EncodingChoice }
  /** Saves a picture with the link of the page, its QR code and the code, as PNG. */
  | { readonly type: 'save-link'; readonly link: string; readonly code: string | null; readonly file: string }
  /** Asks for thumbnails of what leaves the machine, `columns` x `rows` pixels, or none. */
  | { readonly type: 'thumbnail'; readonly size: { readonly columns: number; readonly rows: number } | null };

/** A port that a share listens on. */
export type Listening = ViewerPort | PagePort;

export interface ViewerPort {
  readonly wire: 'classic' | 'rfb';
  readonly address: string;
  readonly port: number;
}

/** The page for browsers, and the WebSocket that it opens, which carries rfb. */
export interface PagePort {
  readonly wire: 'web';
  readonly address: string;
  readonly port: number;
  /** Whether its link begins with https. */
  readonly https: boolean;
  /** The SHA-256 of the certificate that browsers are shown over https, in lower-case hex; null: there is none. */
  readonly certificate: string | null;
}

/** The port for a viewer of peerglass; undefined: there are browsers only. */
export function viewerPort(wires: readonly Listening[]): ViewerPort | undefined {
  const ports = wires.filter((each): each is ViewerPort => each.wire !== 'web');
  return ports.find(({ wire }) => wire === 'rfb') ?? ports[0];
}

/** Share worker -> UI. */
export type ShareEvent =
  | CommonEvent
  /** The secrets are null where viewers need none. */
  | {
      readonly type: 'listening';
      readonly wires: readonly Listening[];
      readonly code: string | null;
      readonly vncPassword: string | null;
    }
  | { readonly type: 'snapshot'; readonly snapshot: ShareSnapshot }
  /** The announcement on the network: the name that neighbours see, or why there is none. */
  | { readonly type: 'announced'; readonly name: string | null; readonly problem: string | null }
  /** A viewer waits for consent until `expiresAt` (Unix ms), when it is refused. */
  | {
      readonly type: 'asking';
      readonly viewer: number;
      readonly address: string;
      readonly expiresAt: number;
      /** It gave the right code, but consent is needed too while many wrong codes are tried. */
      readonly gaveCode: boolean;
    }
  /** No longer asking: answered, gone, or timed out. */
  | { readonly type: 'asked'; readonly viewer: number }
  | { readonly type: 'thumbnail'; readonly thumbnail: Thumbnail }
  | { readonly type: 'bakeoff'; readonly report: BakeoffReport };

/** UI -> watch child. */
export type WatchCommand =
  | CommonCommand
  | { readonly type: 'fullscreen' }
  | { readonly type: 'scale'; readonly scale: Scale }
  | { readonly type: 'freeze'; readonly frozen: boolean }
  | { readonly type: 'terminal-cells'; readonly columns: number; readonly rows: number };

/** UI -> watch child that plays a recording. */
export type PlayCommand =
  | { readonly type: 'play'; readonly on: boolean }
  /** To a position, or from the present one. */
  | { readonly type: 'seek'; readonly ms: number }
  | { readonly type: 'seek-by'; readonly ms: number }
  /** Pauses, and goes so many changes on. */
  | { readonly type: 'step'; readonly updates: number }
  | { readonly type: 'speed'; readonly speed: number }
  | { readonly type: 'skip-still'; readonly on: boolean }
  | { readonly type: 'fullscreen' }
  | { readonly type: 'scale'; readonly scale: Scale }
  | { readonly type: 'save-picture'; readonly file: string }
  | { readonly type: 'terminal-cells'; readonly columns: number; readonly rows: number }
  | { readonly type: 'stop' };

/** Parent -> watch child. The first message begins the session; the child answers with its events. */
export type ToChild =
  | { readonly type: 'watch'; readonly options: WatchOptions }
  | { readonly type: 'play-file'; readonly options: PlayOptions }
  | WatchCommand
  | PlayCommand;

/** Watch child -> UI. */
export type WatchEvent =
  | CommonEvent
  | { readonly type: 'snapshot'; readonly snapshot: WatchSnapshot }
  /** The picture for `--view terminal`. */
  | { readonly type: 'picture'; readonly thumbnail: Thumbnail }
  /** For the log only: output of libraries, and details. */
  | { readonly type: 'output'; readonly text: string };

/** Watch child that plays a recording -> UI. */
export type PlayEvent =
  | Extract<CommonEvent, { readonly type: 'notice' | 'ended' }>
  | { readonly type: 'snapshot'; readonly snapshot: PlaySnapshot }
  | Extract<WatchEvent, { readonly type: 'picture' | 'output' }>;

/** A small picture: `columns` x `rows` pixels, RGB, rows from the top. */
export interface Thumbnail {
  readonly columns: number;
  readonly rows: number;
  readonly rgb: Uint8Array;
  /** Text over the picture. */
  readonly banner?: string | null;
}
