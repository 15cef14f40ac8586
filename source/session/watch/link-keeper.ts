import type { PeerglassError } from '../../core/errors.js';
import type { Size } from '../../core/rectangle.js';
import type { TcpInfo } from '../../native/tcp-info.js';
import type { BroadcastSnapshot } from '../snapshot.js';
import type { PictureHost, ProtocolSession } from './protocol-session.js';

/** What shows the picture now. */
export interface KeptLink {
  readonly session: ProtocolSession;
  readonly remotePort: number;
  /** Bytes received since the last call. */
  takeBytes(): number;
  tcpInfo(): TcpInfo | null;
}

/** The watcher, as seen by what keeps it connected. */
export interface LinkKeeperHost extends PictureHost {
  /** Whether a picture was ever shown, and for how long this connection has shown one. */
  readonly watched: boolean;
  readonly watchedMs: number;
  readonly size: Size;
  /** The peer has been reached; nothing has been shown yet. */
  connected(peer: string): void;
  /** A link becomes the active one; the viewer's requests are to be repeated on it. */
  begins(session: ProtocolSession): void;
  /** The active link is about to close: count its bytes. */
  ending(): void;
  lost(error: PeerglassError): void;
}

/** Keeps a viewer connected, from one connection to the next. */
export interface LinkKeeper {
  /** The active link. */
  readonly link: KeptLink | null;
  /** How long the sharer has been unresponsive; null while it responds. */
  readonly silentMs: number | null;
  /** Null: it is no broadcast. */
  readonly broadcast: BroadcastSnapshot | null;
  /** Runs until `close` or a final error, which it returns. Never rejects. */
  run(): Promise<PeerglassError>;
  /** Call a few times a second. */
  check(): void;
  close(): void;
}
