import type { TcpInfo } from '../../native/tcp-info.js';
import type { TcpSnapshot } from '../snapshot.js';

/** What a snapshot tells of the system's view of a connection. */
export function tcpSnapshot(info: TcpInfo | null): TcpSnapshot | null {
  if (!info) return null;
  const { slowStartThreshold, notSentBytes } = info;
  return {
    rttMs: info.rttMs,
    rttAgeMs: info.rttAgeMs,
    rttVarMs: info.rttVarMs,
    minRttMs: info.minRttMs,
    congestionWindow: info.congestionWindow,
    slowStartThreshold: Number.isFinite(slowStartThreshold) ? slowStartThreshold : null,
    segmentSize: info.segmentSize,
    retransmits: info.retransmits,
    deliveryRate: info.deliveryRate,
    unsentBytes: notSentBytes,
    unackedBytes: Math.max(info.outQueueBytes - notSentBytes, 0),
  };
}
