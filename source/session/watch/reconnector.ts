import type { Clock } from '../../core/clock.js';
import { asPeerglassError, PeerglassError } from '../../core/errors.js';
import { formatPeerAddress } from '../../core/peer-address.js';
import { plainText } from '../../core/plain-text.js';
import type { Size } from '../../core/rectangle.js';
import { CodeUnproven, StrongerElsewhere } from '../../protocols/rfb/security/trust.js';
import { CONNECT_TIMEOUT_MS, type connect, DEFAULT_PORTS } from '../../transport/connect.js';
import type { Connection } from '../../transport/connection.js';
import type { LivenessLimits } from '../../transport/liveness.js';
import type { Inspection } from '../inspect/inspection.js';
import type { WatchOptions } from '../watch-options.js';
import { type DetectedProtocol, detectProtocol } from './detect-protocol.js';
import { type CreateProtocolSession, Link, type LinkOwner } from './link.js';
import type { LinkKeeper, LinkKeeperHost } from './link-keeper.js';
import type { PictureHost } from './protocol-session.js';
import { DIAL_TIMEOUT_MS, redial } from './redial.js';
import { mayComeBack, pause, Retries } from './retries.js';

/**
 * A connection that took longer to its first picture waited for a person to accept. Nobody should be asked again
 * because a cable was unplugged: a standby is then only tried with a resume key.
 */
const CONSENT_MS = 1500;

export interface ReconnectorParts {
  readonly options: WatchOptions;
  readonly clock: Clock;
  readonly connect: typeof connect;
  readonly wires: Readonly<Record<DetectedProtocol['wire'], CreateProtocolSession>>;
  readonly inspection: Inspection;
  readonly liveness: LivenessLimits;
  readonly silenceMs: number | undefined;
}

/**
 * Keeps a viewer connected, from one connection to the next. While the active link is unresponsive, a standby link is
 * tried beside it and takes over when it has a picture; if the active link answers first, the standby is dropped.
 */
export class Reconnector implements LinkOwner, LinkKeeper {
  readonly #parts: ReconnectorParts;
  readonly #host: LinkKeeperHost;
  readonly #stop = new AbortController();
  readonly #retries = new Retries();
  #link: Link | null = null;
  #standby: AbortController | null = null;
  #over: (error: PeerglassError) => void = () => {};
  #standbyOver: (error: PeerglassError | null) => void = () => {};
  #silentMs: number | null = null;
  #wire: DetectedProtocol['wire'] | null = null;

  constructor(parts: ReconnectorParts, host: LinkKeeperHost) {
    this.#parts = parts;
    this.#host = host;
  }

  /** The active link. */
  get link(): Link | null {
    return this.#link;
  }

  readonly broadcast = null;

  /** How long the sharer has been unresponsive; null while it responds. */
  get silentMs(): number | null {
    return this.#silentMs;
  }

  get host(): PictureHost {
    return this.#host;
  }

  get size(): Size {
    return this.#host.size;
  }

  /** Runs until `close` or a final error, which it returns. Never rejects. */
  async run(): Promise<PeerglassError> {
    for (;;) {
      const error = await this.#session();
      // Once for each type that is left out from then on.
      if (error instanceof StrongerElsewhere && !this.#stop.signal.aborted) continue;
      // The same code was right before.
      if (this.#host.watched && error.code === 'E_RFB_AUTH') return secretChanged(error);
      const over = this.#stop.signal.aborted || !this.#host.watched;
      if (over || !this.#parts.options.reconnect || !mayComeBack(error.code)) return error;
      const pauseMs = this.#retries.nextPauseMs(this.#host.watchedMs, error instanceof CodeUnproven);
      this.#host.lost(error);
      await pause(this.#parts.clock, pauseMs, this.#stop.signal);
    }
  }

  close(): void {
    this.#stop.abort(new Error('the session has ended'));
    this.#over(new PeerglassError('E_PEER_CLOSED', 'The session has ended.'));
  }

  /** Call a few times a second. */
  check(): void {
    const link = this.#link;
    this.#silentMs = null;
    if (!link || !this.#host.watched) return;
    const { silentMs, dead } = link.check(this.#parts.clock.now());
    this.#silentMs = silentMs;
    if (dead) this.#over(silent(silentMs ?? 0));
    else if (silentMs === null) this.#dropStandby();
    else if (!this.#standby && this.#parts.options.reconnect && (link.key || link.firstPictureMs < CONSENT_MS)) {
      this.#standby = new AbortController();
      void this.#tryStandby(link, AbortSignal.any([this.#stop.signal, this.#standby.signal]));
    }
  }

  claimed(link: Link): void {
    const old = this.#link;
    if (old === link) return;
    this.#host.ending();
    // A reset overtakes unacknowledged data; otherwise the sharer would count two viewers for a while.
    old?.close(true);
    this.#standby = null;
    this.#standbyOver(null);
    this.#begin(link);
  }

  ended(link: Link, error: PeerglassError): void {
    if (link === this.#link) this.#over(error);
    else this.#standbyOver(error);
  }

  /** One session, which may move to standby links. Returns why the last of them ended. */
  async #session(): Promise<PeerglassError> {
    const { signal } = this.#stop;
    const { watched } = this.#host;
    try {
      const { peer, wire } = this.#parts.options;
      const ports = wire === 'rfb' ? [DEFAULT_PORTS[0]] : wire === 'classic' ? [DEFAULT_PORTS[1]] : DEFAULT_PORTS;
      const timeoutMs = watched ? DIAL_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
      const dial = (signal: AbortSignal) => this.#parts.connect(peer, { timeoutMs, signal, ports });
      const connection = await (watched ? redial(dial, this.#parts.clock, signal) : dial(signal));
      this.#host.connected(this.#nameOf(connection));
      const detected = await this.#detect(connection, signal, text => this.#host.notice('warning', text));
      return await new Promise<PeerglassError>(resolve => {
        this.#over = resolve;
        const link = this.#open(connection, detected);
        this.#begin(link);
        link.session.start();
      });
    } catch (thrown) {
      return asPeerglassError(thrown);
    } finally {
      this.#dropStandby();
      this.#host.ending();
      this.#link?.close();
      this.#link = null;
    }
  }

  /** Tries a standby beside an unresponsive link until one of the two responds. */
  async #tryStandby(old: Link, signal: AbortSignal): Promise<void> {
    const { clock, options } = this.#parts;
    const peer = { host: options.peer.host, port: old.connection.remotePort };
    const dial = (signal: AbortSignal) => this.#parts.connect(peer, { timeoutMs: DIAL_TIMEOUT_MS, signal });
    while (!signal.aborted) {
      let link: Link | null = null;
      let pauseMs = DIAL_TIMEOUT_MS / 3;
      try {
        const connection = await redial(dial, clock, signal);
        const detected = await this.#detect(connection, signal, () => {});
        const error = await new Promise<PeerglassError | null>((resolve, reject) => {
          this.#standbyOver = resolve;
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          link = this.#open(connection, detected, old);
          link.session.start();
        });
        if (error === null) return;
        throw error;
      } catch (thrown) {
        if (link !== this.#link) (link as Link | null)?.close();
        // A viewer that was refused would be refused again.
        if (signal.aborted || !mayComeBack(asPeerglassError(thrown).code)) return;
        if (thrown instanceof CodeUnproven) pauseMs = this.#retries.nextPauseMs(0, true);
      }
      await pause(clock, pauseMs, signal);
    }
  }

  #dropStandby(): void {
    this.#standby?.abort(new Error('the first connection goes on'));
    this.#standby = null;
  }

  /** @throws as detectProtocol; the connection is then closed */
  async #detect(
    connection: Connection,
    signal: AbortSignal,
    onQuiet: (text: string) => void,
  ): Promise<DetectedProtocol> {
    const { options, clock, silenceMs } = this.#parts;
    const { wire, code } = options;
    const peer = this.#nameOf(connection);
    const speaksFirst = this.#wire === 'rfb';
    try {
      return await detectProtocol(connection.stream, {
        wire,
        code,
        peer,
        clock,
        signal,
        speaksFirst,
        silenceMs,
        onQuiet,
      });
    } catch (thrown) {
      connection.destroy();
      throw thrown;
    }
  }

  /**
   * @param old the unresponsive link, for a standby
   * @throws PeerglassError E_KNOWN_PEERS; the connection is then closed
   */
  #open(connection: Connection, detected: DetectedProtocol, old: Link | null = null): Link {
    const { wires, inspection, liveness, clock } = this.#parts;
    const peer = this.#nameOf(connection);
    const trace = inspection.trace({ wire: detected.wire, peer, ...connection.ends, opener: 'local' });
    const create = wires[detected.wire];
    const standby = old !== null;
    try {
      const parts = { connection, detected, peer, trace, create, liveness, standby, resume: old?.key ?? null };
      return new Link(parts, this, clock.now());
    } catch (thrown) {
      connection.destroy();
      throw thrown;
    }
  }

  #begin(link: Link): void {
    this.#link = link;
    this.#wire = link.wire;
    this.#host.begins(link.session);
  }

  #nameOf(connection: Connection): string {
    const { peer } = this.#parts.options;
    return plainText(formatPeerAddress({ host: peer.host, port: connection.remotePort }, 'classic'));
  }
}

function secretChanged({ about }: PeerglassError): PeerglassError {
  const what = about === 'password' ? 'password' : 'code';
  const remedy = `Ask for the ${what} that the sharer's screen shows now.`;
  const options = about === undefined ? undefined : { about };
  return new PeerglassError('E_RFB_AUTH', `The share was started again, with another ${what}.`, remedy, options);
}

function silent(ms: number): PeerglassError {
  const message = `The sharer has not responded for ${Math.round(ms / 1000)} s.`;
  return new PeerglassError('E_PEER_SILENT', message, 'Check the network between both machines.');
}
