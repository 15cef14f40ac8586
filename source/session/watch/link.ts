import type { PeerglassError } from '../../core/errors.js';
import type { Size } from '../../core/rectangle.js';
import type { Transport } from '../../core/transport.js';
import type { TcpInfo } from '../../native/tcp-info.js';
import type { Framebuffer } from '../../pixels/framebuffer.js';
import type { Connection } from '../../transport/connection.js';
import { type LinkHealth, Liveness, type LivenessLimits } from '../../transport/liveness.js';
import type { ConnectionTrace } from '../inspect/connection-trace.js';
import type { Percentiles } from '../stats/watch-figures.js';
import type { DetectedProtocol } from './detect-protocol.js';
import type { KeptLink } from './link-keeper.js';
import type { PictureHost, PictureUpdate, ProtocolFacts, ProtocolHost, ProtocolSession } from './protocol-session.js';

/** The owner of links: the active one, and perhaps a standby being tried beside it. */
export interface LinkOwner {
  readonly host: PictureHost;
  /** Size of the picture on the screen. */
  readonly size: Size;
  /** The link has a picture: it becomes the active one, and its predecessor is to be closed. */
  claimed(link: Link): void;
  ended(link: Link, error: PeerglassError): void;
}

export interface LinkParts {
  readonly connection: Connection;
  readonly detected: DetectedProtocol;
  readonly peer: string;
  readonly trace: ConnectionTrace;
  readonly create: CreateProtocolSession;
  readonly liveness: LivenessLimits;
  /** A standby shows nothing before it has claimed the picture. */
  readonly standby: boolean;
  readonly resume: Uint8Array | null;
}

/** One connection to a sharer and its protocol session. It stands between that session and the watcher. */
export class Link implements ProtocolHost, KeptLink {
  readonly options: PictureHost['options'];
  readonly memory: PictureHost['memory'];
  readonly inflater: PictureHost['inflater'];
  readonly clock: PictureHost['clock'];
  readonly connection: Connection;
  readonly wire: DetectedProtocol['wire'];
  readonly session: ProtocolSession;
  readonly #owner: LinkOwner;
  readonly #trace: ConnectionTrace;
  readonly #liveness: Liveness;
  readonly #since: number;
  #firstPictureMs: number | null = null;
  #key: Uint8Array | null = null;
  #claimed: boolean;
  #missed = false;
  #counted = 0;

  constructor(
    { connection, detected, peer, trace, create, liveness, standby, resume }: LinkParts,
    owner: LinkOwner,
    since: number,
  ) {
    const { options, memory, inflater, clock } = owner.host;
    this.options = options;
    this.memory = memory;
    this.inflater = inflater;
    this.clock = clock;
    this.#owner = owner;
    this.connection = connection;
    this.wire = detected.wire;
    this.#trace = trace;
    this.#since = since;
    this.#claimed = !standby;
    this.#liveness = new Liveness(since, liveness);
    this.session = create({ stream: connection.stream, early: detected.early, peer, trace, resume }, this);
  }

  /** Time from connecting to the first picture. It is long when a person had to accept. */
  get firstPictureMs(): number {
    return this.#firstPictureMs ?? this.clock.now() - this.#since;
  }

  /** The key for resuming on another connection. */
  get key(): Uint8Array | null {
    return this.#key;
  }

  get missed(): boolean {
    return this.#missed;
  }

  get remotePort(): number {
    return this.connection.remotePort;
  }

  tcpInfo(): TcpInfo | null {
    return this.connection.tcpInfo();
  }

  /** Bytes received since the last call. */
  takeBytes(): number {
    const total = this.connection.receivedBytes;
    const bytes = total - this.#counted;
    this.#counted = total;
    return bytes;
  }

  /** Call a few times a second once the link shows pictures. */
  check(now: number): LinkHealth {
    const { owes } = this.session;
    const life = this.#liveness.check({
      now,
      received: this.connection.receivedBytes,
      tcp: this.connection.tcpInfo(),
      owes: owes ? 0 : null,
    });
    this.#missed = life.silentMs !== null;
    if (life.probe && this.session.probe()) this.#liveness.asked();
    return life;
  }

  /** @param reset send a TCP reset, so that the peer learns of the end before data queued on a dead link */
  close(reset = false): void {
    if (reset) this.connection.reset();
    this.session.close();
    this.#trace.close();
    this.connection.destroy();
  }

  resize(size: Size): Framebuffer {
    const { width, height } = this.#owner.size;
    // A classic session resizes in its constructor when its size was given: same framebuffer, nothing changes.
    const same = this.session === undefined && size.width === width && size.height === height;
    if (!same) this.#claim();
    return this.#owner.host.resize(size);
  }

  present(update: PictureUpdate): void {
    this.#claim();
    this.#firstPictureMs ??= this.clock.now() - this.#since;
    this.#owner.host.present(update);
  }

  skipped(frames: number): void {
    if (this.#claimed) this.#owner.host.skipped(frames);
  }

  describe(facts: ProtocolFacts): void {
    if (this.#claimed) this.#owner.host.describe(facts);
  }

  latency(ms: Percentiles): void {
    if (this.#claimed) this.#owner.host.latency(ms);
  }

  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void {
    if (this.#claimed) this.#owner.host.notice(tone, text, code);
  }

  resumable(key: Uint8Array): void {
    this.#key = key;
  }

  ended(error: PeerglassError): void {
    this.#owner.ended(this, error);
  }

  #claim(): void {
    if (this.#claimed) return;
    this.#claimed = true;
    this.#owner.claimed(this);
  }
}

/** A connection whose first bytes have been read. */
export interface ProtocolConnection {
  /** Paused, without other listeners. The session handles data (valid until the handler returns), end and errors. */
  readonly stream: Transport;
  /** The first bytes of the stream, read to tell the protocols apart. */
  readonly early: Uint8Array;
  /** The peer's name for messages, e.g. "192.168.1.82:9000". */
  readonly peer: string;
  /** The resume key from an earlier connection; null: none. */
  readonly resume: Uint8Array | null;
  /** Records the traffic, from `early` on. */
  readonly trace: ConnectionTrace;
}

export type CreateProtocolSession = (connection: ProtocolConnection, host: ProtocolHost) => ProtocolSession;
