import type { TcpInfo } from '../../native/tcp-info.js';
import type { Connection } from '../../transport/connection.js';
import type { ConnectionTrace } from '../inspect/connection-trace.js';
import type { ViewerSnapshot } from '../snapshot.js';
import { tcpSnapshot } from '../stats/link-figures.js';
import type { ViewerFigures } from '../stats/share-figures.js';
import type { ShareHost } from './viewer-session.js';

/** What a viewer's snapshot has of its counts and its connection, on either wire. */
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
