import type { MonitorTarget, WindowTarget } from '../capture/share-target.js';
import type { SourceKind } from '../capture/source-kinds.js';
import type { ErrorReport } from '../core/errors.js';
import type { PeerAddress } from '../core/peer-address.js';
import type { StartPacketFeed } from './inspect/packet-messages.js';
import type { PlayCommand, PlayEvent, ShareCommand, ShareEvent, WatchCommand, WatchEvent } from './messages.js';
import type { PlayOptions } from './play-options.js';
import type { ShareOptions } from './share-options.js';
import type { WatchOptions } from './watch-options.js';

/** An address of this machine that a viewer can type. */
export interface LocalAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** The network interface, e.g. "eth0". */
  readonly interfaceName: string;
  /** Whether the default route uses it: that address is the most likely to work. */
  readonly defaultRoute: boolean;
}

/** A share announced on a network of this machine. Its own texts come from outside and are made safe to show. */
export interface FoundSharer {
  /** Constant while the share exists. */
  readonly id: string;
  readonly name: string;
  /** Reachable from this machine; a link-local one names the network interface. */
  readonly address: string;
  readonly port: number;
  readonly wire: 'rfb';
  /** As it says, e.g. "cpace,rsa-aes,tls" or "none"; null where it says nothing. */
  readonly encryption: string | null;
  /** The network interface that received it. */
  readonly interfaceName: string;
}

export interface FoundSharers {
  /** By name. */
  readonly sharers: readonly FoundSharer[];
  /** Number of sharers beyond the limit. */
  readonly more: number;
  /** Why the search fails, one sentence. */
  readonly problem: string | null;
}

/** A file that is probably a recording. */
export interface FoundRecording {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly modifiedAt: number;
}

/** The last choices, kept in the user's configuration folder. */
export interface Preferences {
  /** Peers as typed, the most recent first. */
  readonly peers: readonly string[];
  /** Recordings that were played, absolute paths, the last one first. */
  readonly recordings: readonly string[];
  /** Values of the forms that differ from the defaults, by field name. */
  readonly share: Readonly<Record<string, string>>;
  readonly watch: Readonly<Record<string, string>>;
  readonly play: Readonly<Record<string, string>>;
}

export const NO_PREFERENCES: Preferences = { peers: [], recordings: [], share: {}, watch: {}, play: {} };

export interface PreferenceStore {
  load(): Promise<Preferences>;
  save(preferences: Preferences): Promise<void>;
}

/** Everything that the UI needs from the rest of the program. Tests run the whole UI on a fake of it. */
export interface AppServices {
  readonly startShare: StartShare;
  readonly startWatch: StartWatch;
  readonly startPlay: StartPlay;
  readonly startPacketFeed: StartPacketFeed;
  listTargets(display: string | null): Promise<ShareTargets>;
  /** Recordings in the current folder and those that were played, the newest first. Never rejects. */
  readonly findRecordings: (played: readonly string[]) => Promise<readonly FoundRecording[]>;
  /** The default route's address first. */
  localAddresses(): Promise<readonly LocalAddress[]>;
  /** Searches the network for shares and calls back at each change. @returns ends the search */
  readonly findSharers: (found: (sharers: FoundSharers) => void) => () => void;
  readonly preferences: PreferenceStore;
  /**
   * Forgets what a sharer was known by: the next one there is accepted as new.
   * @throws PeerglassError E_KNOWN_PEERS
   */
  readonly forgetPeer: (peer: PeerAddress) => Promise<void>;
}

/** A running session, as the UI sees it. Its last event is `ended`, exactly once. */
export interface Controller<Command, Event> {
  send(command: Command): void;
  /** Calls back for each event from now on. @returns unsubscribes */
  subscribe(listener: (event: Event) => void): () => void;
  /** Ends the session and frees its resources. Resolves after `ended`. Safe to call twice. */
  stop(): Promise<void>;
}

export type PlayController = Controller<PlayCommand, PlayEvent>;
export type ShareController = Controller<ShareCommand, ShareEvent>;
export type WatchController = Controller<WatchCommand, WatchEvent>;

export type StartShare = (options: ShareOptions) => ShareController;
export type StartWatch = (options: WatchOptions) => WatchController;
export type StartPlay = (options: PlayOptions) => PlayController;

export type { MonitorTarget, WindowTarget };

/** What this machine can share, for the form and for `peerglass list`. */
export interface ShareTargets {
  /** The source that `auto` would pick and why, or why none works. */
  readonly source:
    | { readonly kind: SourceKind; readonly why: string }
    | { readonly kind: null; readonly error: ErrorReport };
  /** Monitors in the order in which they are numbered, the primary one first. */
  readonly monitors: readonly MonitorTarget[];
  readonly windows: readonly WindowTarget[];
}
