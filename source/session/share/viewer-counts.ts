import type { TcpInfo } from '../../native/tcp-info.js';
import type { Connection } from '../../transport/connection.js';
import type { ViewerSnapshot } from '../snapshot.js';
import type { ViewerFigures } from '../stats/share-figures.js';
import { tcpSnapshot } from '../stats/tcp-figures.js';

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
