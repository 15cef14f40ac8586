import type { TcpInfo } from '../../native/tcp-info.js';
import type { Connection } from '../../transport/connection.js';
import { Liveness } from '../../transport/liveness.js';
import type { ConnectionTrace } from '../inspect/connection-trace.js';
import type { ViewerSnapshot } from '../snapshot.js';
import { tcpSnapshot } from '../stats/link-figures.js';
import type { ViewerFigures } from '../stats/share-figures.js';
import type { ShareHost } from './viewer-session.js';

/** The part of a viewer's snapshot with its counts and its connection, for both protocols. */
export function viewerCounts(
  figures: ViewerFigures,
  connection: Connection,
  tcp: TcpInfo | null,
  now: number,
): Pick<ViewerSnapshot, 'fps' | 'mbitPerSecond' | 'frames' | 'bytes' | 'encodings' | 'unsentBytes' | 'tcp'> {
  return {
    fps: figures.fps(now),
    mbitPerSecond: figures.mbitPerSecond(now),
    frames: figures.frames,
    bytes: figures.bytes,
    encodings: { ...figures.encodings },
    unsentBytes: connection.pendingBytes + (tcp?.outQueueBytes ?? 0),
    tcp: tcpSnapshot(tcp),
  };
}

/** The trace of a viewer's connection. */
export function traceOf(host: ShareHost, connection: Connection, wire: 'classic' | 'rfb'): ConnectionTrace {
  const { remoteAddress, remotePort } = connection;
  return host.inspection.trace({
    wire,
    peer: `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`,
    ...connection.ends,
    opener: 'remote',
  });
}

/** Reports a viewer that does not respond, and disconnects it after a minute. */
export class ViewerLife {
  readonly #host: ShareHost;
  readonly #connection: Connection;
  readonly #probe: () => boolean;
  readonly #liveness: Liveness;
  #missedSince: number | null = null;
  #reason: string | null = null;

  /** @param probe asks the viewer for a sign of life; false if its protocol cannot */
  constructor(host: ShareHost, connection: Connection, probe: () => boolean) {
    this.#host = host;
    this.#connection = connection;
    this.#probe = probe;
    this.#liveness = new Liveness(host.clock.now(), host.liveness);
  }

  /** Why the connection was closed here; null: it was not. */
  get reason(): string | null {
    return this.#reason;
  }

  /**
   * To be called with each snapshot.
   * @param owes as in LinkSample, but as a position in the bytes written
   * @returns how long a response has been missing, or null
   */
  look(tcp: TcpInfo | null, owes: number | null): number | null {
    const now = this.#host.clock.now();
    const { silentMs, probe, dead } = this.#liveness.check({
      now,
      received: this.#connection.receivedBytes,
      tcp,
      owes: owes === null ? null : this.#connection.wirePosition(owes),
    });
    this.#report(silentMs, now);
    if (dead) {
      this.#reason = `was disconnected: no answer for ${seconds(silentMs ?? 0)} s`;
      this.#connection.destroy();
    } else if (probe && this.#probe()) this.#liveness.asked();
    return silentMs;
  }

  #report(silentMs: number | null, now: number): void {
    const { remoteAddress } = this.#connection;
    if (silentMs !== null && this.#missedSince === null) {
      this.#missedSince = now - silentMs;
      this.#host.notice('warning', `${remoteAddress}: no answer for ${seconds(silentMs)} s`);
    } else if (silentMs === null && this.#missedSince !== null) {
      this.#host.notice('good', `${remoteAddress} answers again after ${seconds(now - this.#missedSince)} s`);
      this.#missedSince = null;
    }
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
