import { plainText } from '../core/plain-text.js';
import type { ConnectionReport } from './capture-report.js';
import type { FlowSide, ThroughputSeries } from './flow.js';
import type { LogReport } from './log-report.js';
import { bytes, dateText, frameLines, handshakeLines, offloadLines, seconds, segmentLines } from './wire-reading.js';

/** Characters to show of a comment: the file is untrusted. */
const LONGEST_COMMENT = 1000;

/** One connection as plain text, with the figures of the course's report. */
export function connectionText(connection: ConnectionReport): string {
  const { client, server, handshake } = connection;
  const lines = [
    `${endpoint(client)} -> ${endpoint(server)}   ${wireName(connection)}`,
    `  began      ${dateText(connection.start)}, lasted ${seconds(connection.duration)}, ${connection.packets} packets`,
    ...handshakeLines(connection),
    `  payload    client ${bytes(client.bytes)}, sharer ${bytes(server.bytes)}, mean ${rate(server.bytes, connection.duration)}`,
    ...segmentLines(connection),
    `  retrans    client ${client.retransmissions}, sharer ${server.retransmissions} segments`,
    ...frameLines(connection),
    ...throughputLines(connection.throughput),
  ];
  if (handshake.syn === null)
    lines.push(
      '  note       the capture began after the handshake: MSS, window scaling, protocol and frames are unknown',
    );
  lines.push(...offloadLines(connection));
  if (connection.broken)
    lines.push(`  note       no longer valid as the classic protocol: ${plainText(connection.broken)}`);
  if (connection.comment) lines.push(`  note       ${plainText(connection.comment, LONGEST_COMMENT)}`);
  return `${lines.join('\n')}\n`;
}

export function logText(report: LogReport): string {
  const rows = report.sessions.map(session =>
    [
      `${session.role.padEnd(6)} ${dateText(session.start)}, ${seconds(session.duration)}, ${session.snapshots} snapshots`,
      `  frames     ${session.frames}, mean ${session.fps.mean.toFixed(1)} fps (min ${session.fps.least.toFixed(1)}, max ${session.fps.most.toFixed(1)})`,
      `  bytes      ${bytes(session.bytes)}, mean ${bytes(session.bytesPerFrame.mean)} per frame, ratio ${session.compressionRatio.mean.toFixed(1)}`,
      `  link       mean ${session.mbitPerSecond.mean.toFixed(1)} Mbit/s, max ${session.mbitPerSecond.most.toFixed(1)}`,
      `  machine    CPU ${session.cpuPercent.mean.toFixed(0)} % of a core, RSS max ${session.rssMb.most.toFixed(0)} MB`,
      ...(session.bottlenecks.length > 0 ? [`  limits     ${session.bottlenecks.join('; ')}`] : []),
    ].join('\n'),
  );
  const note = report.leftOut > 0 ? [`  note       ${report.leftOut} earlier sessions are left out`] : [];
  return `${[...rows, ...note].join('\n')}\n`;
}

/** The most rates to print in a line. */
const MAX_RATES = 60;

function throughputLines({ spanSeconds, bytes: sums }: ThroughputSeries): string[] {
  if (sums.length === 0) return [];
  const shown = sums.slice(0, MAX_RATES).map(sum => ((sum * 8) / 1e6 / spanSeconds).toFixed(1));
  const rest = sums.length > MAX_RATES ? ' ...' : '';
  const span = spanSeconds === 1 ? 'second' : `${spanSeconds} s`;
  return [`  throughput ${shown.join(' ')}${rest} Mbit/s, per ${span}`];
}

export function wireName(connection: ConnectionReport): string {
  if (connection.handshake.syn === null) return 'began before the capture';
  return connection.wire === 'unknown' ? 'unknown protocol' : `${connection.wire} protocol`;
}

export function endpoint(side: FlowSide): string {
  return side.address.includes(':') ? `[${side.address}]:${side.port}` : `${side.address}:${side.port}`;
}

function rate(count: number, ms: number): string {
  return `${ms > 0 ? ((count * 8) / 1000 / ms).toFixed(2) : '0.00'} Mbit/s`;
}
