import { formatPeerAddress, type PeerAddress } from '../core/peer-address.js';
import type { KnownPeer } from '../protocols/rfb/security/trust.js';
import { type Entries, StateFile } from './state-file.js';

/** More are not believed to be a person's. */
const MAX_PEERS = 5000;

/**
 * Peers that have let this user's viewer in over an encrypted connection, in `known-peers.json` of a folder, readable
 * by the user alone. It is read again each time: several programs may run at once.
 */
export class KnownPeers {
  readonly #file: StateFile<KnownPeer>;
  /** Those that could not be kept. */
  readonly #own = new Map<string, KnownPeer>();

  /** @param folder null where there is none: nothing is kept */
  constructor(folder: string | null) {
    this.#file = new StateFile({
      folder,
      name: 'known-peers.json',
      key: 'peers',
      of: 'known peers',
      isEntry: isKnownPeer,
    });
  }

  /** All that are kept, by "host:port". @throws PeerglassError E_KNOWN_PEERS */
  get all(): Entries<KnownPeer> {
    return this.#file.read();
  }

  /**
   * @param peer "host:port"
   * @throws PeerglassError E_KNOWN_PEERS when the file is damaged or cannot be read: nobody is trusted instead of
   *   everybody
   */
  find(peer: string): KnownPeer | null {
    const key = peer.toLowerCase();
    return this.#file.read()[key] ?? this.#own.get(key) ?? null;
  }

  /** @throws PeerglassError E_KNOWN_PEERS when it cannot be written; it is known for now all the same */
  remember(peer: string, known: KnownPeer): void {
    const key = peer.toLowerCase();
    this.#own.set(key, known);
    if (!this.#file.kept) return;
    const peers = this.#file.read();
    const before = peers[key];
    const same = before?.channel === known.channel && before.fingerprint === known.fingerprint;
    if (before === undefined && Object.keys(peers).length >= MAX_PEERS) {
      throw this.#file.unusable('has no room for more', 'Forget peers that you do not need: peerglass forget HOST');
    }
    if (!same) this.#file.write({ ...peers, [key]: known });
    // From here on the file alone counts: another program may forget the peer.
    this.#own.delete(key);
  }

  /**
   * Forgets a peer, with all its ports unless one is named.
   * @returns what was forgotten, as "host:port"
   * @throws PeerglassError E_KNOWN_PEERS
   */
  forget(peer: PeerAddress): string[] {
    const host = formatPeerAddress({ ...peer, port: 1 }, 'classic')
      .slice(0, -1)
      .toLowerCase();
    const peers = this.#file.read();
    const gone = Object.keys(peers).filter(key => {
      return peer.port === null ? key.slice(0, key.lastIndexOf(':') + 1) === host : key === `${host}${peer.port}`;
    });
    const left = Object.entries(peers).filter(([key]) => !gone.includes(key));
    if (gone.length > 0) this.#file.write(Object.fromEntries(left));
    return gone;
  }
}

function isKnownPeer(value: unknown): value is KnownPeer {
  const { channel, fingerprint } = (value ?? {}) as { channel?: unknown; fingerprint?: unknown };
  if (channel === 'anonymous') return fingerprint === null;
  const shown = ['certified', 'keyed', 'login', 'cpace'].includes(String(channel));
  return shown && isFingerprint(fingerprint);
}

/** A SHA-256 in lower-case hex. */
export function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
