import { formatPeerAddress, type PeerAddress } from '../core/peer-address.js';
import { plainText } from '../core/plain-text.js';
import type { Size } from '../core/rectangle.js';
import type { BroadcastLink } from '../protocols/broadcast/link.js';
import { type EncryptPolicy, type Quality, SHARE_DEFAULTS, type Threads } from './share-options.js';

export type ProtocolChoice = 'auto' | 'rfb' | 'classic';
/** What a viewer gets its picture by. A broadcast comes over HTTP, from the sharer or through caches. */
export type WatchWire = 'classic' | 'rfb' | 'broadcast';
export type ViewKind = 'sdl' | 'terminal' | 'none';

/** `fit` follows the window, a number is a fixed whole factor (1 is pixel for pixel). */
export type Scale = 'fit' | number;

export interface WatchOptions {
  /** The sharer; of a broadcast the server that hands it out. */
  readonly peer: PeerAddress;
  /** A broadcast to watch instead of a sharer, or null. */
  readonly broadcast: BroadcastLink | null;
  readonly wire: ProtocolChoice;
  readonly view: ViewKind;
  /** The code or password of a VNC server. */
  readonly code: string | null;
  /** What `code` is: for peerglass, or a password, which is for whichever server asks for it. */
  readonly secret: 'code' | 'password';
  /** A name for servers that ask for one beside the password, or null. */
  readonly user: string | null;
  /** What the person is called, for a peerglass sharer to see; empty if they do not say. */
  readonly name: string;
  readonly encrypt: EncryptPolicy;
  /** What the person said yes to: "anonymous", "clear", or the SHA-256 of a certificate in lower-case hex. */
  readonly trust: readonly string[];
  /** The size of the classic protocol's picture; null works it out from the first frame. */
  readonly classicSize: Size | null;
  readonly scale: Scale;
  readonly fullscreen: boolean;
  readonly quality: Quality;
  /** The requested compression level (rfb), or null to follow the link. */
  readonly level: number | null;
  /** What a peerglass sharer may send at most, in bytes a second (rfb); null: whatever the link carries. */
  readonly maxRate: number | null;
  /** Whether film may come as H.264 (rfb), where it can be decoded. */
  readonly video: boolean;
  readonly threads: Threads;
  /** Leave after this many frames; null: never. */
  readonly frames: number | null;
  /** A PNG file for the last picture, written on leaving. */
  readonly snapshotFile: string | null;
  /** Cells for the picture in the terminal (view `terminal`), or null for the whole terminal. */
  readonly terminalCells: { readonly columns: number; readonly rows: number } | null;
  /** Whether to reconnect after a lost connection (not with a limit on frames or time). */
  readonly reconnect: boolean;
  /** A pcapng file for the traffic, from before the connection is made, or null. */
  readonly exportFile: string | null;
  /** A file to record the picture to, from the first one on, or null. */
  readonly recordFile: string | null;
}

/** A watch whose address is still to be given, and the flags that the command line had for it, without dashes. */
export interface GivenWatch {
  readonly options: Omit<WatchOptions, 'peer'>;
  readonly flags: readonly string[];
}

/** Defaults. */
export const WATCH_DEFAULTS = {
  broadcast: null,
  wire: 'auto',
  view: 'sdl',
  code: null,
  secret: 'code',
  user: null,
  name: '',
  encrypt: 'offered',
  trust: [],
  classicSize: null,
  scale: 'fit',
  fullscreen: false,
  quality: SHARE_DEFAULTS.quality,
  level: null,
  maxRate: null,
  video: true,
  threads: SHARE_DEFAULTS.threads,
  frames: null,
  snapshotFile: null,
  terminalCells: null,
  reconnect: true,
  exportFile: null,
  recordFile: null,
} as const satisfies Omit<WatchOptions, 'peer'>;

/** The server of a broadcast, for people: its name, and its port unless it is the usual one. */
export function serverOf({ place }: BroadcastLink): string {
  return plainText(place.replace(/^https?:\/\/([^/]*).*$/i, '$1'));
}

/** What is watched, as a person would type it; without the key of a broadcast, which is a secret. */
export function watchedAddress({ broadcast, peer, wire }: Pick<WatchOptions, 'broadcast' | 'peer' | 'wire'>): string {
  return broadcast ? broadcast.place.replace(/\/$/, '') : formatPeerAddress(peer, wire);
}
