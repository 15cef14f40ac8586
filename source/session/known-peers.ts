import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PeerglassError } from '../core/errors.js';
import { formatPeerAddress, type PeerAddress } from '../core/peer-address.js';
import { whyUnread, whyUnwritten, writeWholeSync } from '../node/whole-file.js';
import type { KnownPeer } from '../protocols/rfb/security/trust.js';

/** Limits on a file that any program may have written to. */
const MAX_BYTES = 1024 * 1024;
const MAX_PEERS = 5000;

type Peers = Readonly<Record<string, KnownPeer>>;

/**
 * Peers that have let this user's viewer in over an encrypted connection, in `known-peers.json` of a folder, readable
 * by the user alone. It is read again each time: several programs may run at once.
 */
export class KnownPeers {
  readonly #folder: string | null;
  /** Those that could not be kept. */
  readonly #own = new Map<string, KnownPeer>();

  /** @param folder null where there is none: nothing is kept */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /**
   * @param peer "host:port"
   * @throws PeerglassError E_KNOWN_PEERS when the file is damaged or cannot be read: nobody is trusted instead of
   *   everybody
   */
  find(peer: string): KnownPeer | null {
    const key = peer.toLowerCase();
    return this.#read()[key] ?? this.#own.get(key) ?? null;
  }

  /** @throws PeerglassError E_KNOWN_PEERS when it cannot be written; it is known for now all the same */
  remember(peer: string, known: KnownPeer): void {
    const key = peer.toLowerCase();
    this.#own.set(key, known);
    if (this.#folder === null) return;
    const peers = this.#read();
    const before = peers[key];
    const same = before?.channel === known.channel && before.fingerprint === known.fingerprint;
    if (before === undefined && Object.keys(peers).length >= MAX_PEERS) {
      throw unusable('has no room for more', 'Forget peers that you do not need: peerglass forget HOST');
    }
    if (!same) this.#write({ ...peers, [key]: known });
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
    const peers = this.#read();
    const gone = Object.keys(peers).filter(key => {
      return peer.port === null ? key.slice(0, key.lastIndexOf(':') + 1) === host : key === `${host}${peer.port}`;
    });
    if (gone.length > 0) this.#write(Object.fromEntries(Object.entries(peers).filter(([key]) => !gone.includes(key))));
    return gone;
  }

  get #file(): string | null {
    return this.#folder && path.join(this.#folder, 'known-peers.json');
  }

  #read(): Peers {
    const file = this.#file;
    if (file === null) return {};
    try {
      const text = readFileSync(file, 'utf8');
      if (text.length > MAX_BYTES) throw new Error('it is too large');
      return readable(JSON.parse(text));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
      const why = cause instanceof SyntaxError ? 'it is damaged' : whyUnread(cause);
      throw unusable(`(${file}) cannot be read: ${why}`, 'Mend it, or move it away to know nobody again.', cause);
    }
  }

  #write(peers: Peers): void {
    const file = this.#file;
    if (this.#folder === null || file === null) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeWholeSync(file, `${JSON.stringify({ peers }, null, 2)}\n`);
    } catch (cause) {
      throw unusable(`(${file}) cannot be written: ${whyUnwritten(cause)}`, '', cause);
    }
  }
}

function unusable(what: string, remedy: string, cause?: unknown): PeerglassError {
  return new PeerglassError('E_KNOWN_PEERS', `The file of known peers ${what}.`, remedy, { cause });
}

function readable(value: unknown): Peers {
  const { peers } = (value ?? {}) as { peers?: unknown };
  if (typeof peers !== 'object' || peers === null) throw new SyntaxError('no peers');
  for (const known of Object.values(peers)) if (!isKnownPeer(known)) throw new SyntaxError('no peer');
  return peers as Peers;
}

function isKnownPeer(value: unknown): value is KnownPeer {
  const { channel, fingerprint } = (value ?? {}) as { channel?: unknown; fingerprint?: unknown };
  if (channel === 'anonymous') return fingerprint === null;
  const shown = channel === 'certified' || channel === 'keyed' || channel === 'login';
  return shown && typeof fingerprint === 'string' && /^[0-9a-f]{64}$/.test(fingerprint);
}
