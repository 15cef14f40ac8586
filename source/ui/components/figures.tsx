import { Box } from 'ink';
import type { TcpSnapshot } from '../../session/snapshot.js';
import { ageText, bytes, countText, isOld, milliseconds, rate } from '../format.js';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

export interface Figure {
  readonly label: string;
  /** Fixed width, so that nothing moves. */
  readonly value: string;
  readonly tone?: ToneName;
}

interface Props {
  readonly figures: readonly Figure[];
  /** Figures per line. */
  readonly across: number;
  readonly columns: number;
}

/** Figures in a grid, labels and values aligned. */
export default function Figures({ figures, across, columns }: Props) {
  const lines: Figure[][] = [];
  for (let index = 0; index < figures.length; index += across) lines.push(figures.slice(index, index + across));
  const gap = 2;
  const width = Math.floor((columns - gap * (across - 1)) / across);
  return (
    <>
      {lines.map(line => (
        // What the panel has no room for is left out: lines that shrink would overlap. No part clips itself: Ink clips at
        // the innermost box that does, and not at the panel too.
        <Box key={line[0]?.label} height={1} flexShrink={0}>
          {line.map((figure, index) => (
            <Box key={figure.label} width={width} marginLeft={index > 0 ? gap : 0} flexShrink={0}>
              <Box flexGrow={1} flexShrink={1}>
                <Tone tone="muted">{figure.label}</Tone>
              </Box>
              <Box flexShrink={0}>
                <Tone bold tone={figure.tone ?? 'plain'}>
                  {figure.value}
                </Tone>
              </Box>
            </Box>
          ))}
        </Box>
      ))}
    </>
  );
}

/** A connection's figures from the kernel (TCP_INFO), the most telling ones first: a small panel shows only some. */
export function tcpFigures(tcp: TcpSnapshot): Figure[] {
  const segments = (value: number | null): string => (value === null ? 'none' : countText(value)).padStart(7);
  return [
    isOld(tcp.rttAgeMs)
      ? { label: `RTT, ${ageText(tcp.rttAgeMs)} ago`, value: milliseconds(tcp.rttMs), tone: 'muted' }
      : { label: 'RTT', value: milliseconds(tcp.rttMs), tone: 'first' },
    { label: 'RTT variation', value: milliseconds(tcp.rttVarMs) },
    { label: 'cwnd, segments', value: segments(tcp.congestionWindow), tone: 'second' },
    { label: 'delivery Mbit/s', value: rate((tcp.deliveryRate * 8) / 1e6).padStart(7) },
    { label: 'retransmitted', value: segments(tcp.retransmits), tone: tcp.retransmits > 0 ? 'warning' : 'plain' },
    { label: 'min RTT', value: milliseconds(tcp.minRttMs) },
    { label: 'ssthresh', value: segments(tcp.slowStartThreshold) },
    { label: 'MSS, bytes', value: segments(tcp.segmentSize) },
    { label: 'unsent', value: bytes(tcp.unsentBytes) },
    { label: 'unacknowledged', value: bytes(tcp.unackedBytes) },
  ];
}
