import type { ShareTarget } from '../capture/share-target.js';
import type { SourceChoice } from '../capture/source-kinds.js';
import type { PixelEncoding } from '../codecs/encodings/registry.js';
import type { Size } from '../core/rectangle.js';
import type { EncryptPolicy } from '../protocols/rfb/security/trust.js';

export {
  asksByDialog,
  offeredSources,
  showsScreen,
  sourceOf,
  sourceText,
  sourceWords,
} from '../capture/source-kinds.js';
export type { EncryptPolicy, ShareTarget, SourceChoice };

/**
 * Who may watch: `ask` shows nothing until the sharer says yes, `code` asks the viewer for a code (rfb),
 * `open` lets everybody in.
 */
export type AccessPolicy = 'ask' | 'code' | 'open';

/**
 * `auto` gives the pointer to viewers that draw it themselves and paints it for nobody, `shown` also paints it into the
 * picture for the others, `hidden` keeps it from everybody.
 */
export type CursorPolicy = 'auto' | 'shown' | 'hidden';

/**
 * Films as video (H.264) for viewers that read it: `auto` where their link is what limits a film, `always` whatever
 * their link, `off` never.
 */
export type ShareVideo = 'auto' | 'off' | 'always';

/** JPEG quality 1-100, `lossless`, or `auto`: what each viewer asks for. */
export type Quality = number | 'lossless' | 'auto';

/** The encoding for rfb viewers that support it; `auto`, and for others: what each viewer prefers. */
export type PreferredEncoding = PixelEncoding | 'auto';

/** The threads that a session's pixels are worked on with; `auto`: as many as the machine has free. */
export type Threads = number | 'auto';

/** A server that ssh reaches, where a cache is. */
export interface PublishTarget {
  readonly user: string | null;
  readonly host: string;
  readonly port: number | null;
}

/** A broadcast: for viewers who watch through HTTP caches. */
export interface BroadcastOptions {
  /** 0: chosen by the system. */
  readonly port: number;
  /** The most bytes a second for each cache. */
  readonly rate: number;
  readonly segmentSeconds: number;
  /** Where viewers reach it, e.g. "https://hall.example"; null: the server that it is published on, or this machine. */
  readonly url: string | null;
  readonly publish: PublishTarget | null;
  /** Of an earlier broadcast, to be used again; null: another one. */
  readonly link: string | null;
  /** What a cache has to say in the header X-Share to read it; null: nothing. */
  readonly originToken: string | null;
}

export interface ShareOptions {
  readonly source: SourceChoice;
  readonly target: ShareTarget;
  /** The X display, or null for $DISPLAY. */
  readonly display: string | null;
  /** Ports to listen on; 0: chosen by the system; null: not shared over that protocol. */
  readonly classicPort: number | null;
  readonly rfbPort: number | null;
  /** Of the page for browsers. */
  readonly webPort: number | null;
  /** Whether the share fails where that port is taken, instead of doing without browsers. */
  readonly webRequired: boolean;
  /** Null: not shared as a broadcast. */
  readonly broadcast: BroadcastOptions | null;
  /** Whether somebody is there to answer a question, where access is not by being asked alone. */
  readonly attended: boolean;
  /** The address to bind, or null for all interfaces (IPv6 and IPv4). */
  readonly bind: string | null;
  readonly encrypt: EncryptPolicy;
  /** PEM files with a certificate and its key, or null for one of this user's own. */
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly access: AccessPolicy;
  /**
   * For peerglass viewers, as typed; null: the kept one, or one that is made up. Where classic is the only wire: what
   * the viewer that was started with the share says first.
   */
  readonly code: string | null;
  /** For VNC programs, which cannot prove that they know the code without giving it away; null: as with the code. */
  readonly vncPassword: string | null;
  /** Whether both are kept in the state folder, for the next share that keeps them. */
  readonly keepCode: boolean;
  /** The size of the classic wire's picture, and how a larger or smaller screen is brought to it. */
  readonly classicSize: Size;
  readonly classicFit: 'fit' | 'crop';
  /** Deflate level, 0-9. */
  readonly level: number;
  readonly quality: Quality;
  readonly encoding: PreferredEncoding;
  readonly video: ShareVideo;
  /** The frame rate cap, 1-240 frames a second. */
  readonly fps: number;
  /** What each viewer may be sent at most, and all together, in bytes a second; null: no limit. */
  readonly maxRate: number | null;
  readonly uplink: number | null;
  /** The congestion control of connections over rfb, by its name; null: the system's. */
  readonly congestion: string | null;
  /** The name that rfb viewers see. */
  readonly name: string;
  readonly cursor: CursorPolicy;
  readonly threads: Threads;
  /** False only to measure what scroll detection saves. */
  readonly scrollDetection: boolean;
  /** Whether to announce the share by mDNS. A share on the loopback is never announced. */
  readonly announce: boolean;
  /** A pcapng file for the traffic, from before the first viewer, or null. */
  readonly exportFile: string | null;
  /** A file to record the picture to, from the start, or null. */
  readonly recordFile: string | null;
  /** Where to log, or null. */
  readonly logFile: string | null;
}

export const SHARE_DEFAULTS = {
  classicPort: 9000,
  rfbPort: 5900,
  webPort: 5800,
  webRequired: false,
  encrypt: 'offered',
  vncPassword: null,
  keepCode: false,
  certFile: null,
  keyFile: null,
  classicSize: { width: 1366, height: 768 },
  classicFit: 'fit',
  level: 6,
  quality: 'auto',
  encoding: 'auto',
  video: 'auto',
  fps: 60,
  maxRate: null,
  uplink: null,
  congestion: null,
  threads: 'auto',
} as const;

export const BROADCAST_DEFAULTS: BroadcastOptions = {
  port: 5801,
  /** 4 Mbit/s. */
  rate: 500_000,
  segmentSeconds: 10,
  url: null,
  publish: null,
  link: null,
  originToken: null,
};

export const LIMITS = {
  level: { least: 0, most: 9 },
  quality: { least: 1, most: 100 },
  fps: { least: 1, most: 240 },
  /** More would wait for the memory. */
  threads: { least: 1, most: 8 },
  port: { least: 0, most: 65_535 },
  /** Of a broadcast, in bytes a second. */
  broadcastRate: { least: 12_500, most: 125_000_000 },
  /** Of a segment of a broadcast, in seconds. */
  segment: { least: 1, most: 60 },
  /** Of a picture's side, in pixels. */
  side: { least: 1, most: 16_384 },
} as const;
