import type { MonitorTarget, WindowTarget } from '../capture/share-target.js';
import type { SourceKind } from '../capture/source-kinds.js';
import type { ErrorReport } from '../core/errors.js';
import type { StartPacketFeed } from './inspect/packet-messages.js';
import type { ShareCommand, ShareEvent, WatchCommand, WatchEvent } from './messages.js';
import type { ShareOptions } from './share-options.js';
import type { WatchOptions } from './watch-options.js';

/** An address of this machine that a viewer can type. */
export interface LocalAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** The network card, e.g. "eth0". */
  readonly card: string;
  /** Whether the default route leaves by it: the address that most likely works. */
  readonly defaultRoute: boolean;
}

/** A share that is announced on a network of this machine. What it says of itself is text from outside, made safe to show. */
export interface FoundSharer {
  /** Stays the same while it is there. */
  readonly id: string;
  readonly name: string;
  /** That this machine can connect to, with the network card behind it where it is link-local. */
  readonly address: string;
  readonly port: number;
  readonly wire: 'rfb';
  /** As it says, e.g. "none"; null where it says nothing. */
  readonly encryption: string | null;
  /** The network card that it was heard on. */
  readonly card: string;
}

export interface FoundSharers {
  /** By name. */
  readonly sharers: readonly FoundSharer[];
  /** Those beyond what is kept. */
  readonly more: number;
  /** Why none can be found, one sentence. */
  readonly problem: string | null;
}

/** What was used last, kept in the user's configuration folder. */
export interface Preferences {
  /** Peers, the last one first, as typed. */
  readonly peers: readonly string[];
  /** Values of the forms that differ from the defaults, by field name. */
  readonly share: Readonly<Record<string, string>>;
  readonly watch: Readonly<Record<string, string>>;
}

export interface PreferenceStore {
  load(): Promise<Preferences>;
  save(preferences: Preferences): Promise<void>;
}

/** Everything that the terminal's side asks of the rest, so that a test can run the whole UI on fakes. */
export interface AppServices {
  readonly startShare: StartShare;
  readonly startWatch: StartWatch;
  readonly startPacketFeed: StartPacketFeed;
  listTargets(display: string | null): Promise<ShareTargets>;
  /** The default route's address first. */
  localAddresses(): Promise<readonly LocalAddress[]>;
  /** Looks for shares on the network, and tells what is there whenever that changes; returns what ends it. */
  readonly findSharers: (found: (sharers: FoundSharers) => void) => () => void;
  readonly preferences: PreferenceStore;
}

/** A running session as the terminal's side sees it. Exactly one `ended` event is sent, and it is the last one. */
export interface Controller<Command, Event> {
  send(command: Command): void;
  /** Calls back for each event from now on; returns what ends that. */
  subscribe(listener: (event: Event) => void): () => void;
  /** Ends the session and frees everything that it held; resolves after `ended` was sent. Safe to call twice. */
  stop(): Promise<void>;
}

export type ShareController = Controller<ShareCommand, ShareEvent>;
export type WatchController = Controller<WatchCommand, WatchEvent>;

export type StartShare = (options: ShareOptions) => ShareController;
export type StartWatch = (options: WatchOptions) => WatchController;

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
