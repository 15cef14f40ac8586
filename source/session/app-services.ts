import type { StartShare, StartWatch } from './controller.js';
import type { StartPacketFeed } from './inspect/packet-messages.js';
import type { ShareTargets } from './share-targets.js';

/** An address of this machine that a viewer can type. */
export interface LocalAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** The network card, e.g. "eth0". */
  readonly card: string;
  /** Whether the default route leaves by it: the address that most likely works. */
  readonly defaultRoute: boolean;
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
  readonly preferences: PreferenceStore;
}
