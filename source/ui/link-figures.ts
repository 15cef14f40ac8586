import type { TcpSnapshot } from '../session/snapshot.js';
import type { Figure } from './components/figures.js';
import { ageText, bytes, countText, isOld, milliseconds, rate } from './format.js';

/** A connection's figures as the kernel has them. */
export function tcpFigures(tcp: TcpSnapshot): Figure[] {
  const segments = (value: number | null): string => (value === null ? 'none' : countText(value)).padStart(7);
  return [
    isOld(tcp.rttAgeMs)
      ? { label: `RTT, ${ageText(tcp.rttAgeMs)} ago`, value: milliseconds(tcp.rttMs), tone: 'muted' }
      : { label: 'RTT', value: milliseconds(tcp.rttMs), tone: 'first' },
    { label: 'RTT variation', value: milliseconds(tcp.rttVarMs) },
    { label: 'min RTT', value: milliseconds(tcp.minRttMs) },
    { label: 'cwnd, segments', value: segments(tcp.congestionWindow), tone: 'second' },
    { label: 'ssthresh', value: segments(tcp.slowStartThreshold) },
    { label: 'MSS, bytes', value: segments(tcp.segmentSize) },
    { label: 'retransmitted', value: segments(tcp.retransmits), tone: tcp.retransmits > 0 ? 'warning' : 'plain' },
    { label: 'delivery Mbit/s', value: rate((tcp.deliveryRate * 8) / 1e6).padStart(7) },
    { label: 'unsent', value: bytes(tcp.unsentBytes) },
    { label: 'unacknowledged', value: bytes(tcp.unackedBytes) },
  ];
}
